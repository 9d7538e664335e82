import { writeFileSync } from 'node:fs'
import { asError, ConfigError } from '../../core/api/errors.js'

/** Only the owner may read and write. */
const OWNER_ONLY = 0o600

/**
 * Writes a key into a new file that only its owner can read. An existing file is never overwritten.
 *
 * @throws ConfigError when it cannot be created.
 */
export function writeKeyFile(path: string, key: string): void {
  try {
    writeFileSync(path, `${key}\n`, { mode: OWNER_ONLY, flag: 'wx' })
  } catch (thrown) {
    throw new ConfigError(`Cannot write key file ${path}: ${asError(thrown).message}`, {
      code: 'ERR_CONFIG_VALUE',
      cause: thrown,
    })
  }
}
