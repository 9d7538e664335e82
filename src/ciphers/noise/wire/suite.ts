import type { AeadName } from '../../aead/aead.js'
import { BLAKE2S, type HashFunction, SHA256 } from './hash.js'

/** The algorithms that a Noise protocol is made of, besides X25519. */
export interface Suite {
  /** As it ends a protocol's name. */
  readonly name: string
  readonly aead: AeadName
  readonly hash: HashFunction
  /** Noise, sections 12.3 and 12.4: ChaChaPoly counts little-endian, AESGCM big-endian. */
  readonly littleEndianNonce: boolean
}

export const CHACHAPOLY_BLAKE2S: Suite = {
  name: '25519_ChaChaPoly_BLAKE2s',
  aead: 'chacha20-poly1305',
  hash: BLAKE2S,
  littleEndianNonce: true,
}

export const AESGCM_SHA256: Suite = {
  name: '25519_AESGCM_SHA256',
  aead: 'aes-256-gcm',
  hash: SHA256,
  littleEndianNonce: false,
}

/** Writes a nonce: 32 bits of zeros and the counter, which is an exact integer. */
export function writeNonce(nonce: DataView, counter: number, littleEndian: boolean): void {
  const low = counter >>> 0
  const high = Math.floor(counter / 2 ** 32)
  nonce.setUint32(0, 0)
  nonce.setUint32(4, littleEndian ? low : high, littleEndian)
  nonce.setUint32(8, littleEndian ? high : low, littleEndian)
}
