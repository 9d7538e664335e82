import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { asError, ConfigError } from '../core/errors.js'
import type { Files } from './transport-settings.js'

/** Reads the files that the one at `path` names. `readKey` checks their rights. */
export function filesBeside(
  path: string,
  readKey: (path: string) => string,
  environment: Files['environment'],
): Files {
  const absolute = (other: string) => resolve(dirname(path), other)
  return {
    key: (other) => readKey(absolute(other)),
    resolve: absolute,
    environment,
    text(other) {
      try {
        return readFileSync(absolute(other), 'utf8')
      } catch (thrown) {
        throw new ConfigError(`Cannot use ${path}: ${asError(thrown).message}`, {
          code: 'ERR_CONFIG_VALUE',
          cause: thrown,
        })
      }
    },
  }
}
