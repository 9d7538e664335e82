import type { InterfaceModel } from './model.js'

/** The cipher that a file asks for; undefined where it holds no key to tell it by. */
export function cipherOf(own: InterfaceModel): string | undefined {
  if (own.cipher !== undefined) return own.cipher
  if (own.privateKey !== undefined || own.privateKeyFile !== undefined) return 'wireguard'
  return own.key !== undefined || own.keyFile !== undefined ? 'aes-256-gcm' : undefined
}
