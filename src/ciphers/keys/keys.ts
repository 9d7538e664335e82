import { randomBytes } from 'node:crypto'
import { ConfigError } from '../../core/api/errors.js'
import { KEY_BYTES } from '../aead/aead.js'
import { dhKeyPairOf } from './x25519.js'

/** 32 bytes in base64. */
const BASE64_KEY = /^[A-Za-z0-9+/]{43}=$/
const HEX_KEY = /^[0-9a-fA-F]{64}$/

/**
 * A fresh private key, in base64.
 *
 * @throws nothing.
 * @example
 * const configuration = { interface: { privateKey: generatePrivateKey() }, peers: [] }
 */
export function generatePrivateKey(): string {
  const key = randomBytes(KEY_BYTES)
  // RFC 7748, section 5. X25519 does so itself; `wg genkey` writes keys this way.
  key[0]! &= 248
  key[31] = (key[31]! & 127) | 64
  return key.toString('base64')
}

/**
 * A fresh key to share, in base64.
 *
 * @throws nothing.
 * @example
 * const presharedKey = generateSharedKey()
 */
export function generateSharedKey(): string {
  return randomBytes(KEY_BYTES).toString('base64')
}

/**
 * The public key of a private key, both in base64.
 *
 * @param privateKey as `generatePrivateKey` or `wg genkey` makes it.
 * @throws ConfigError ERR_CONFIG_VALUE if it is not a key, which the message does not show.
 * @example
 * const publicKey = publicKeyOf(generatePrivateKey())
 */
export function publicKeyOf(privateKey: string): string {
  const { publicKey } = dhKeyPairOf(parseBase64Key(privateKey, 'private key'))
  return Buffer.from(publicKey).toString('base64')
}

/**
 * Reads a key of 32 bytes in base64, as `wg` writes it. `what` names it in errors, which never show it.
 *
 * @throws ConfigError if it is not a key.
 */
export function parseBase64Key(text: string, what: string): Uint8Array {
  const bytes = BASE64_KEY.test(text) ? Buffer.from(text, 'base64') : undefined
  if (bytes?.toString('base64') === text) return Uint8Array.from(bytes)
  throw new ConfigError(
    `Cannot read ${what}: ${text.length} characters, but it is ${KEY_BYTES} bytes in base64, 44 characters that end with "="`,
    { code: 'ERR_CONFIG_VALUE' },
  )
}

/**
 * Reads a shared key of 32 bytes: 64 hexadecimal digits or base64. Errors never show it.
 *
 * @throws ConfigError if it is not a key.
 */
export function parseSharedKey(text: string): Uint8Array {
  if (HEX_KEY.test(text)) return Uint8Array.from(Buffer.from(text, 'hex'))
  if (BASE64_KEY.test(text)) return parseBase64Key(text, 'shared key')
  throw new ConfigError(
    `Cannot read shared key: ${text.length} characters, but it is ${KEY_BYTES} bytes, as 64 hexadecimal digits or 44 characters of base64; ` +
      'make one with "qanat genpsk", or choose "--cipher xor" for CrapVPN',
    { code: 'ERR_CONFIG_VALUE' },
  )
}
