import { createHash, createHmac } from 'node:crypto'

/** Bytes of a digest, of a chaining key and of every key made of them. */
export const HASH_BYTES = 32

/** A hash function of the Noise framework, section 12. Both have digests of 32 bytes. */
export interface HashFunction {
  /** As it stands in a protocol's name. */
  readonly name: 'BLAKE2s' | 'SHA256'
  /** The digest of the parts, one after the other. */
  hash(...parts: readonly Uint8Array[]): Uint8Array
  /** HMAC (RFC 2104) of the parts, one after the other. */
  hmac(key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array
}

/** BLAKE2s with 32-byte digests (RFC 7693). */
export const BLAKE2S: HashFunction = hashFunction('BLAKE2s', 'blake2s256')
/** SHA-256 (FIPS 180-4). */
export const SHA256: HashFunction = hashFunction('SHA256', 'sha256')

function hashFunction(name: HashFunction['name'], algorithm: string): HashFunction {
  return {
    name,
    hash(...parts) {
      const digest = createHash(algorithm)
      for (const part of parts) digest.update(part)
      return digest.digest()
    },
    hmac(key, ...parts) {
      const code = createHmac(algorithm, key)
      for (const part of parts) code.update(part)
      return code.digest()
    },
  }
}

/**
 * HKDF as Noise (section 4.3) and WireGuard (Kdf1 to Kdf3) use it: RFC 5869 with `key` as the salt and no info.
 *
 * @returns that many outputs of 32 bytes.
 */
export function hkdf(
  { hmac }: HashFunction,
  key: Uint8Array,
  input: Uint8Array,
  outputs: 1 | 2 | 3,
): Uint8Array[] {
  const secret = hmac(key, input)
  const made: Uint8Array[] = []
  let last: Uint8Array = new Uint8Array(0)
  for (let number = 1; number <= outputs; number++) {
    last = hmac(secret, last, Uint8Array.of(number))
    made.push(last)
  }
  secret.fill(0)
  return made
}
