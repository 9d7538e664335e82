import { publicKeyOf } from '../../ciphers/keys/keys.js'
import { type Admitted, admit } from '../../config/build/configure.js'
import { parseObject, THE_CONFIGURATION } from '../../config/build/from-object.js'
import type { Configuration } from '../../config/schema/configuration.js'
import { callerOf } from '../../config/trust/caller.js'
import { admitOwn } from '../../config/trust/place.js'
import { readFile } from '../../config/trust/read-file.js'

/**
 * What a program asks for; `folder` is where relative paths begin.
 *
 * @throws ConfigError that tells every value that is wrong.
 */
export function admitObject(object: Configuration, folder: string): Admitted {
  return admit(parseObject(object), {
    name: THE_CONFIGURATION,
    publicKeyOf,
    ...{ folder, read: readFile, environment: process.env },
    admit: () => admitOwn(callerOf(process.env)),
    deviceName: undefined,
    takesFreePort: true,
  })
}
