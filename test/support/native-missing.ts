import { asError } from '../../src/core/api/errors.js'
import { native } from '../../src/native/base/native.js'

/** Why the system cannot be called directly here, as where koffi is missing or disabled; undefined where it can. */
export const nativeMissing: string | undefined = missing()

/** A group's name, with the reason where it is skipped. */
export function orSkipped(name: string, why: string | undefined): string {
  return why === undefined ? name : `${name}, skipped: ${why}`
}

function missing(): string | undefined {
  try {
    native()
    return undefined
  } catch (thrown) {
    return asError(thrown).message
  }
}
