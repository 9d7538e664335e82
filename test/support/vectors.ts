import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The content of a JSON file of test/vectors. */
export function readVectors<Content>(name: string): Content {
  return JSON.parse(readFileSync(join(import.meta.dirname, '../vectors', name), 'utf8')) as Content
}
