import type { AeadAlgorithm } from '../../../core/api/aead.js'
import { CHACHA20_POLY1305 } from '../../aead/built-in-algorithms.js'
import { BLAKE2S, type HashFunction } from './hash.js'

/** Bytes of the counter that ends a nonce. */
const COUNTER_BYTES = 8

/** The algorithms that a Noise protocol is made of, besides X25519. */
export interface Suite {
  /** As it ends a protocol's name. */
  readonly name: string
  readonly aead: AeadAlgorithm
  readonly hash: HashFunction
}

/** A suite of an algorithm for authenticated encryption, by its name in a protocol's name, and of a hash function. */
export function suiteOf(noiseName: string, aead: AeadAlgorithm, hash: HashFunction): Suite {
  return { name: `25519_${noiseName}_${hash.name}`, aead, hash }
}

export const CHACHAPOLY_BLAKE2S: Suite = suiteOf('ChaChaPoly', CHACHA20_POLY1305, BLAKE2S)

/**
 * Writes a nonce: zeros, and the counter, which is an exact integer. Noise, sections 12.3 and 12.4: ChaChaPoly counts
 * little-endian, AESGCM big-endian.
 */
export function writeNonce(nonce: DataView, counter: number, littleEndian: boolean): void {
  const low = counter >>> 0
  const high = Math.floor(counter / 2 ** 32)
  const counterAt = nonce.byteLength - COUNTER_BYTES
  for (let at = 0; at < counterAt; at += 4) nonce.setUint32(at, 0)
  nonce.setUint32(counterAt, littleEndian ? low : high, littleEndian)
  nonce.setUint32(counterAt + 4, littleEndian ? high : low, littleEndian)
}
