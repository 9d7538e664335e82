import { resolve } from 'node:path'
import { readBytes, readKey, readKeyBytes } from '../trust/named-file.js'
import type { Admission } from '../trust/place.js'
import type { ReadFile } from '../trust/read-file.js'
import type { Files } from './transport-settings.js'

/** Where the files that a configuration names are, and how they are read. */
export interface FilePlace {
  /** Where relative paths begin; if undefined they stay as they are, and begin at the current folder. */
  readonly folder: string | undefined
  readonly read: ReadFile
  readonly environment: Files['environment']
}

/** Reads the files that a configuration names, as far as it may. */
export function filesOf({ environment, folder, read }: FilePlace, admission: Admission): Files {
  const placed = (path: string) => (folder === undefined ? path : resolve(folder, path))
  return {
    key: (path) => readKey(placed(path), admission, read),
    keyBytes: (path) => readKeyBytes(placed(path), admission, read),
    resolve: placed,
    environment,
    bytes: (path) => readBytes(placed(path), admission, read),
  }
}
