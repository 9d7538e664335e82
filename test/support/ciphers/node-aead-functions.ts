import { type CipherGCM, createCipheriv, createDecipheriv } from 'node:crypto'
import type { AeadFunctions } from '../../../src/core/api/aead.js'

type Algorithm = 'chacha20-poly1305' | 'aes-128-gcm' | 'aes-256-gcm'

/** An algorithm of node:crypto as an author would write it: two functions. */
export function nodeAeadFunctions(
  name: Algorithm,
  lengths: { readonly keyBytes: number; readonly nonceBytes: number },
): AeadFunctions {
  const algorithm = name as 'aes-256-gcm'
  const options = { authTagLength: 16 }
  return {
    ...lengths,
    tagBytes: 16,
    seal(key, nonce, text, associated) {
      const cipher: CipherGCM = createCipheriv(algorithm, key, nonce, options).setAAD(associated)
      const sealed = [cipher.update(text), cipher.final()]
      return Buffer.concat([...sealed, cipher.getAuthTag()])
    },
    open(key, nonce, sealed, associated) {
      const textEnd = sealed.length - 16
      const decipher = createDecipheriv(algorithm, key, nonce, options)
      decipher.setAAD(associated).setAuthTag(sealed.subarray(textEnd))
      return Buffer.concat([decipher.update(sealed.subarray(0, textEnd)), decipher.final()])
    },
  }
}
