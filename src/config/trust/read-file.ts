import { closeSync, fstatSync, readFileSync } from 'node:fs'
import { openFile } from './open-file.js'
import type { Way } from './way.js'

/** Bytes. 10,000 peers take 2 MB. */
const MAX_BYTES = 32 * 1024 * 1024

/** A file as it was when it was read. */
export interface FileRead {
  readonly bytes: Uint8Array
  readonly way: Way
}

/** Reads a file, or has it read. Throws an Error with the system's code if that fails. */
export type ReadFile = (path: string) => FileRead

/** Reads a file of this host, and notes what led to it. */
export const readFile: ReadFile = (path) => {
  const { descriptor, way } = openFile(path)
  try {
    const { size } = fstatSync(descriptor)
    if (size > MAX_BYTES) throw new Error(`it has ${size} bytes and may have ${MAX_BYTES}`)
    return { bytes: readFileSync(descriptor), way }
  } finally {
    closeSync(descriptor)
  }
}
