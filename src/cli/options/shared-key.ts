import { readKeyFile } from '../../ciphers/keys/key-file.js'
import { ConfigError } from '../../core/api/errors.js'

/** Where a shared key may come from. */
export interface KeySources {
  readonly key?: string
  readonly keyFile?: string
}

/** The shared key from the command line, a file, or the variable QANAT_KEY; undefined where none was given. */
export function readSharedKey({ key, keyFile }: KeySources): string | undefined {
  if (key !== undefined && keyFile !== undefined) {
    throw new ConfigError('Cannot take two keys: give either --key or --key-file', {
      code: 'ERR_CONFIG_VALUE',
    })
  }
  if (keyFile !== undefined) return readKeyFile(keyFile)
  return key ?? process.env.QANAT_KEY
}
