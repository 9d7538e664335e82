import { PRIVATE_KEY_CIPHER, SHARED_KEY_CIPHER } from '../schema/default-cipher.js'
import type { InterfaceModel } from '../schema/model.js'

/** The cipher that a configuration asks for; undefined if it holds no key to tell it by. */
export function cipherOf(own: InterfaceModel): string | undefined {
  if (own.cipher !== undefined) return own.cipher
  if (own.privateKey !== undefined || own.privateKeyFile !== undefined) return PRIVATE_KEY_CIPHER
  return own.key !== undefined || own.keyFile !== undefined ? SHARED_KEY_CIPHER : undefined
}
