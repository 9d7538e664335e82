import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')

const folder = [process.env.QANAT_SHARED, join(root, '../shared'), join(root, '../../shared')]
  .filter((candidate) => candidate !== undefined)
  .map((candidate) => join(candidate, 'vectors'))
  .find((candidate) => existsSync(candidate))

/** Why a test that needs vectors is skipped; undefined where they are there. */
export const vectorsMissing: string | undefined =
  folder === undefined ? 'no test vectors: ../shared/vectors is missing' : undefined

/** The content of a JSON file of vectors. Only called where `vectorsMissing` is undefined. */
export function readVectors<Content>(name: string): Content {
  return JSON.parse(readFileSync(join(folder!, name), 'utf8')) as Content
}
