import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto'
import type { Aead } from '../../core/api/aead.js'
import { type AeadName, checkRoom, NONCE_BYTES, TAG_BYTES } from './aead.js'

/** Without it, GCM would accept tags of 4 bytes. */
const OPTIONS = { authTagLength: TAG_BYTES }

/** Seals and opens with node:crypto, which works everywhere. */
export function nodeAead(name: AeadName, key: Uint8Array): Aead {
  return new NodeAead(name, key)
}

class NodeAead implements Aead {
  readonly nonce: DataView
  readonly #nonceBytes = new Uint8Array(NONCE_BYTES)
  /** node:crypto types each algorithm by its own overload; both have the same methods. */
  readonly #algorithm: 'aes-256-gcm'
  /** A KeyObject, of which Node 24 does not make a new one for each text. Its memory is cleared when it is collected. */
  #key: KeyObject | undefined

  constructor(name: AeadName, key: Uint8Array) {
    this.nonce = new DataView(this.#nonceBytes.buffer)
    this.#algorithm = name as 'aes-256-gcm'
    this.#key = createSecretKey(key)
  }

  seal(bytes: Uint8Array, at: number, length: number, associated?: Uint8Array): void {
    checkRoom(bytes, at, length)
    const cipher = createCipheriv(this.#algorithm, this.#key!, this.#nonceBytes, OPTIONS)
    if (associated !== undefined) cipher.setAAD(associated)
    bytes.set(cipher.update(bytes.subarray(at, at + length)), at)
    cipher.final()
    bytes.set(cipher.getAuthTag(), at + length)
  }

  open(bytes: Uint8Array, at: number, length: number, associated?: Uint8Array): boolean {
    checkRoom(bytes, at, length)
    const decipher = createDecipheriv(this.#algorithm, this.#key!, this.#nonceBytes, OPTIONS)
    if (associated !== undefined) decipher.setAAD(associated)
    decipher.setAuthTag(bytes.subarray(at + length, at + length + TAG_BYTES))
    const text = decipher.update(bytes.subarray(at, at + length))
    try {
      decipher.final()
    } catch {
      return false
    }
    bytes.set(text, at)
    return true
  }

  erase(): void {
    this.#key = undefined
  }
}
