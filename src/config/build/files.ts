import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { asError, ConfigError } from '../../core/api/errors.js'
import type { Files } from './transport-settings.js'

/** Where the files that a configuration names are, and what reads them. */
export interface FileParts {
  /** What errors call the configuration. */
  readonly source: string
  /** Where relative paths begin; if undefined they stay as they are, and begin at the current folder. */
  readonly folder: string | undefined
  /** Reads the key in a file, after a look at the file's rights. */
  readonly readKey: (path: string) => string
  readonly environment: Files['environment']
}

/** Reads the files that a configuration names. */
export function filesOf({ source, folder, readKey, environment }: FileParts): Files {
  const placed = (path: string) => (folder === undefined ? path : resolve(folder, path))
  return {
    key: (path) => readKey(placed(path)),
    resolve: placed,
    environment,
    text(path) {
      try {
        return readFileSync(placed(path), 'utf8')
      } catch (thrown) {
        throw new ConfigError(`Cannot use ${source}: ${asError(thrown).message}`, {
          code: 'ERR_CONFIG_VALUE',
          cause: thrown,
        })
      }
    },
  }
}
