import { createRequire } from 'node:module'
import type koffi from 'koffi'
import { asError, QanatError } from '../../core/api/errors.js'

/** The module koffi. */
export type Koffi = typeof koffi

/** Set to 1 to do without koffi, as if it were not installed. */
const DISABLE_VARIABLE = 'QANAT_NO_NATIVE'

const require = createRequire(import.meta.url)

/** Makes this process do without koffi. Comes before anything is made that may call it. */
export function disableNative(): void {
  process.env[DISABLE_VARIABLE] = '1'
}

/**
 * Loads koffi, which ships a prebuilt binary per platform.
 *
 * @throws QanatError ERR_NATIVE if it is not installed, does not load here, or was disabled.
 */
export function loadKoffi(): Koffi {
  if (process.env[DISABLE_VARIABLE] === '1') {
    throw new QanatError(`Cannot call the system directly: ${DISABLE_VARIABLE} is set`, {
      code: 'ERR_NATIVE',
    })
  }
  try {
    return require('koffi') as Koffi
  } catch (thrown) {
    const [why] = asError(thrown).message.split('\n') // the rest tells who asked for it
    throw new QanatError(`Cannot load koffi, which calls the system directly: ${why}`, {
      code: 'ERR_NATIVE',
      cause: thrown,
    })
  }
}
