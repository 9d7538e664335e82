import type { AeadAlgorithm } from '../../core/api/aead.js'
import { type AeadName, KEY_BYTES, NONCE_BYTES, TAG_BYTES } from './aead.js'
import { nodeAead } from './aead-node.js'
import { fastestAead } from './choose-aead.js'

/** AES-256-GCM: NIST SP 800-38D. */
export const AES_256_GCM: AeadAlgorithm = { ...algorithm('aes-256-gcm'), bigEndianCounter: true }
/** ChaCha20-Poly1305: RFC 8439. */
export const CHACHA20_POLY1305: AeadAlgorithm = algorithm('chacha20-poly1305')

/** Handshakes seal by node:crypto, a text by each key; sessions by the fastest way that works here. */
function algorithm(name: AeadName): AeadAlgorithm {
  return {
    keyBytes: KEY_BYTES,
    nonceBytes: NONCE_BYTES,
    tagBytes: TAG_BYTES,
    withKey: (key) => nodeAead(name, key),
    inSessions(log) {
      const way = fastestAead(log)
      return (key) => way(name, key)
    },
  }
}
