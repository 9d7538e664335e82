import type { AeadFactory, AeadName } from '../../../src/ciphers/aead/aead.js'
import { AES_256_GCM } from '../../../src/ciphers/aead/built-in-algorithms.js'
import type { EndIds } from '../../../src/ciphers/noise/handshake/end-ids.js'
import { PskProtocol } from '../../../src/ciphers/noise/handshake/psk-protocol.js'
import { SHA256 } from '../../../src/ciphers/noise/wire/hash.js'
import { type Suite, suiteOf } from '../../../src/ciphers/noise/wire/suite.js'
import { variantOf } from '../../../src/ciphers/noise-cipher.js'
import { PSK_CIPHERS } from '../../../src/ciphers/psk.js'
import type { Aead } from '../../../src/core/api/aead.js'

/** The suite of aes-256-gcm. */
export const AESGCM_SHA256: Suite = suiteOf('AESGCM', AES_256_GCM, SHA256)

/** The protocol of a built-in cipher with a shared key. */
export function pskProtocol(name: AeadName, key: Uint8Array, ends: EndIds, peer: string): PskProtocol {
  return new PskProtocol(variantOf(PSK_CIPHERS[name]), key, ends, peer)
}

/** Makes keys of a suite's algorithm usable in one way. */
export function keysBy(way: AeadFactory, { aead }: Suite): (key: Uint8Array) => Aead {
  return (key) => way(aead.bigEndianCounter ? 'aes-256-gcm' : 'chacha20-poly1305', key)
}
