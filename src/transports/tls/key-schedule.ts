import { createHmac } from 'node:crypto'
import { IV_BYTES } from './record.js'
import type { Suite } from './suites.js'

/** A key of one direction, and what nonces are made of. */
export interface TrafficKey {
  readonly key: Uint8Array
  readonly iv: Uint8Array
}

const PREFIX = 'tls13 '

/** The key of a traffic secret. RFC 8446 section 7.3 */
export function trafficKey({ hash, keyBytes }: Suite, secret: Uint8Array): TrafficKey {
  return {
    key: expandLabel(hash, secret, 'key', keyBytes),
    iv: expandLabel(hash, secret, 'iv', IV_BYTES),
  }
}

/** The traffic secret that follows one at a KeyUpdate. RFC 8446 section 7.2 */
export function nextSecret({ hash }: Suite, secret: Uint8Array): Uint8Array {
  return expandLabel(hash, secret, 'traffic upd', secret.length)
}

/** HKDF-Expand-Label without a context (RFC 8446 section 7.1), for at most the bytes of one hash. */
function expandLabel(hash: Suite['hash'], secret: Uint8Array, label: string, length: number): Uint8Array {
  const name = Buffer.from(PREFIX + label, 'latin1')
  const info = [length >>> 8, length, name.length, ...name, 0]
  const block = createHmac(hash, secret)
    .update(Uint8Array.of(...info, 1))
    .digest() // RFC 5869: T(1)
  const expanded = Uint8Array.from(block.subarray(0, length))
  block.fill(0)
  return expanded
}
