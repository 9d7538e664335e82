import { publicKeyOf } from '../../ciphers/keys/keys.js'
import { type Configured, configure } from '../../config/build/configure.js'
import { parseObject, THE_CONFIGURATION } from '../../config/build/from-object.js'
import type { Configuration } from '../../config/schema/model.js'
import { callerOf } from '../../config/trust/caller.js'
import { admitOwn } from '../../config/trust/place.js'
import { readFile } from '../../config/trust/read-file.js'

/**
 * What a program asks for; `folder` is where relative paths begin.
 *
 * @throws ConfigError that tells everything that is wrong.
 */
export function readObject(object: Configuration, folder: string): Configured {
  return configure(parseObject(object), {
    name: THE_CONFIGURATION,
    publicKeyOf,
    ...{ folder, read: readFile, environment: process.env },
    admit: () => admitOwn(callerOf(process.env)),
    deviceName: undefined,
    takesFreePort: true,
  })
}
