import { closeSync, fstatSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { asError, ConfigError } from '../../core/api/errors.js'

/** Only the owner may read and write. */
const OWNER_ONLY = 0o600
/** Any right of the group or of others. */
const OTHERS = 0o077

/**
 * Writes a key into a new file that only its owner can read. An existing file is never overwritten.
 *
 * @throws ConfigError when it cannot be created.
 */
export function writeKeyFile(path: string, key: string): void {
  try {
    writeFileSync(path, `${key}\n`, { mode: OWNER_ONLY, flag: 'wx' })
  } catch (thrown) {
    throw refusal('write', path, asError(thrown).message, thrown)
  }
}

/**
 * Reads the key in a file that nobody but its owner may read.
 *
 * @throws ConfigError when it cannot be read, or others can read it too.
 */
export function readKeyFile(path: string): string {
  let file: number
  try {
    file = openSync(path, 'r')
  } catch (thrown) {
    throw refusal('read', path, asError(thrown).message, thrown)
  }
  try {
    const { mode } = fstatSync(file)
    if ((mode & OTHERS) !== 0) {
      const rights = (mode & 0o777).toString(8)
      throw refusal('read', path, `its mode is ${rights}, so others may read it too; run "chmod 600 ${path}"`)
    }
    return readFileSync(file, 'utf8').trim()
  } finally {
    closeSync(file)
  }
}

function refusal(what: 'read' | 'write', path: string, why: string, cause?: unknown): ConfigError {
  return new ConfigError(`Cannot ${what} key file ${path}: ${why}`, { code: 'ERR_CONFIG_VALUE', cause })
}
