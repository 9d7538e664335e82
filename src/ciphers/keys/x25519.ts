import {
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto'

/** Bytes of a public key, of a private key and of what two of them agree on. RFC 7748. */
export const X25519_BYTES = 32

/** What stands before the 32 bytes of a private key in PKCS #8. RFC 8410. */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b656e04220420', 'hex')

/** A private key with the public key that belongs to it. */
export interface DhKeyPair {
  readonly privateKey: KeyObject
  readonly publicKey: Uint8Array
}

/**
 * A fresh key pair. Its public key is exported by the job that makes it: exporting it afterwards holds the key's
 * lock while memory is allocated, and where that collects the job, which takes the same lock, Node 20 stands still
 * for ever.
 */
export function generateDhKeyPair(): DhKeyPair {
  const { publicKey, privateKey } = generateWithJwk('x25519', { publicKeyEncoding: { format: 'jwk' } })
  return { privateKey, publicKey: Buffer.from(publicKey.x, 'base64url') }
}

/** The types of node know no such encoding; Node 15.9 and later do. */
const generateWithJwk = generateKeyPairSync as unknown as (
  type: 'x25519',
  options: { publicKeyEncoding: { format: 'jwk' } },
) => { publicKey: { x: string }; privateKey: KeyObject }

/** The key pair of a private key of 32 bytes. */
export function dhKeyPairOf(privateKey: Uint8Array): DhKeyPair {
  const key = Buffer.concat([PKCS8_PREFIX, privateKey])
  const imported = createPrivateKey({ key, format: 'der', type: 'pkcs8' })
  key.fill(0)
  const { x } = createPublicKey(imported).export({ format: 'jwk' })
  return { privateKey: imported, publicKey: Buffer.from(x!, 'base64url') }
}

/**
 * What the two keys agree on, or undefined if the public key is of low order: then the result would be known
 * to everyone, and RFC 7748 section 6.1 has it refused.
 */
export function agree(own: DhKeyPair, publicKey: Uint8Array): Uint8Array | undefined {
  try {
    const secret = diffieHellman({ privateKey: own.privateKey, publicKey: importPublicKey(publicKey) })
    return secret.some((byte) => byte !== 0) ? secret : undefined
  } catch {
    return undefined
  }
}

/** By JWK: a ninth of the time that DER takes on Node 20 (9 against 81 µs). */
function importPublicKey(bytes: Uint8Array): KeyObject {
  const x = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64url')
  return createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x }, format: 'jwk' })
}
