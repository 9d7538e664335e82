import { readKeyFile } from '../../ciphers/keys/key-file.js'
import { publicKeyOf } from '../../ciphers/keys/keys.js'
import { type Configured, configure } from '../../config/build/configure.js'
import { filesOf } from '../../config/build/files.js'
import { parseObject, THE_CONFIGURATION } from '../../config/build/from-object.js'
import type { Configuration } from '../../config/schema/model.js'

/**
 * What a program asks for; `folder` is where relative paths begin.
 *
 * @throws ConfigError that tells everything that is wrong.
 */
export function readObject(object: Configuration, folder: string): Configured {
  return configure(parseObject(object), {
    name: THE_CONFIGURATION,
    publicKeyOf,
    files: filesOf({ folder, readKey: readKeyFile, environment: process.env }),
    deviceName: undefined,
    takesFreePort: true,
  })
}
