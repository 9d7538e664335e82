// @ts-check
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js'
import { definePlugin, noiseCipher } from 'qanat'

/** @type {import('qanat').AeadFunctions} */
export const aead = {
  ...{ keyBytes: 32, nonceBytes: 24, tagBytes: 16 },
  seal: (key, nonce, text, associated) => xchacha20poly1305(key, nonce, associated).encrypt(text),
  open: (key, nonce, sealed, associated) => xchacha20poly1305(key, nonce, associated).decrypt(sealed),
}
const limits = { rekeyAfter: 2 ** 52, rejectAfter: 2 ** 53 - 1 }

const xchacha20 = noiseCipher({ name: 'xchacha20', aead, limits })

export default definePlugin({ api: 1, name: 'cipher-xchacha20', ciphers: { xchacha20 } })
