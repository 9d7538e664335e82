import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const PLACES = [process.env.QANAT_SHARED, '../shared', '../../shared']

/** Why the tests that need a file of vectors are skipped; undefined where it is there. */
export function whyMissing(name: string): string | undefined {
  return find(name) ? undefined : `the folder shared/vectors with ${name} is not there`
}

/** A file of vectors, as parsed JSON; undefined where it is missing. */
export function readVectors<T>(name: string): T | undefined {
  const path = find(name)
  return path ? (JSON.parse(readFileSync(path, 'utf8')) as T) : undefined
}

/** Bytes of hexadecimal digits. */
export function hex(digits: string): Uint8Array {
  return Uint8Array.from(Buffer.from(digits, 'hex'))
}

function find(name: string): string | undefined {
  return PLACES.flatMap((place) => (place ? [join(place, 'vectors', name)] : [])).find((path) =>
    existsSync(path),
  )
}
