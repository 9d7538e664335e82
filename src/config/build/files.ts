import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Files } from './transport-settings.js'

/** Where the files that a configuration names are, and what reads them. */
export interface FileParts {
  /** Where relative paths begin; if undefined they stay as they are, and begin at the current folder. */
  readonly folder: string | undefined
  /** Reads the key in a file, after a check of the file's mode. */
  readonly readKey: (path: string) => string
  readonly environment: Files['environment']
}

/** Reads the files that a configuration names. */
export function filesOf({ folder, readKey, environment }: FileParts): Files {
  const placed = (path: string) => (folder === undefined ? path : resolve(folder, path))
  return {
    key: (path) => readKey(placed(path)),
    resolve: placed,
    environment,
    text: (path) => readFileSync(placed(path), 'utf8'),
  }
}
