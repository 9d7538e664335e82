import type { CipherTraits } from '../../core/api/cipher.js'
import type { PartTraits } from '../../core/plugin/part-traits.js'
import { PRIVATE_KEY_CIPHER, SHARED_KEY_CIPHER } from './default-cipher.js'
import type { InterfaceModel } from './model.js'

/** The cipher that a configuration asks for; undefined if it holds no key to tell it by. */
export function cipherOf(own: InterfaceModel): string | undefined {
  if (own.cipher !== undefined) return own.cipher
  if (own.privateKey !== undefined || own.privateKeyFile !== undefined) return PRIVATE_KEY_CIPHER
  return own.key !== undefined || own.keyFile !== undefined ? SHARED_KEY_CIPHER : undefined
}

/** What is known of that cipher: nothing if no key tells it, undefined if it is one of a plugin that is not loaded. */
export function cipherTraitsOf(own: InterfaceModel, traits: PartTraits): CipherTraits | undefined {
  const cipher = cipherOf(own)
  return cipher === undefined ? {} : traits.cipher(cipher)
}
