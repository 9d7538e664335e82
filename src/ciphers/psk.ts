import type { AeadName } from './aead/aead.js'
import { AES_256_GCM, CHACHA20_POLY1305 } from './aead/built-in-algorithms.js'
import { sharedKeyCipher } from './noise-cipher.js'
import type { NoiseCipherOptions } from './noise-cipher-options.js'
import { CIPHER_SUMMARIES } from './summaries.js'

/** What the built-in ciphers with a shared key are made of. */
export const PSK_CIPHERS: Readonly<Record<AeadName, NoiseCipherOptions>> = {
  'aes-256-gcm': {
    name: 'aes-256-gcm',
    summary: CIPHER_SUMMARIES['aes-256-gcm'],
    aead: AES_256_GCM,
    noiseName: 'AESGCM',
    hash: 'SHA256',
    // So few datagrams under one key keep far from the bounds of AES-GCM, also with 64 KiB each.
    limits: { rekeyAfter: 2 ** 23, rejectAfter: 2 ** 24 },
  },
  'chacha20-poly1305': {
    name: 'chacha20-poly1305',
    summary: CIPHER_SUMMARIES['chacha20-poly1305'],
    aead: CHACHA20_POLY1305,
    noiseName: 'ChaChaPoly',
    limits: { rekeyAfter: 2 ** 52, rejectAfter: 2 ** 53 - 1 },
  },
}

/** AES-256-GCM under one 32-byte key that two ends share; the default of all ciphers. */
export const aes256Gcm = sharedKeyCipher(PSK_CIPHERS['aes-256-gcm'])
/** ChaCha20-Poly1305 under one 32-byte key that two ends share, for processors without AES. */
export const chacha20Poly1305 = sharedKeyCipher(PSK_CIPHERS['chacha20-poly1305'])
