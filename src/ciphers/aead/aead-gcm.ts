import type { Aead } from '../../core/api/aead.js'
import type { AesGcm } from '../../native/crypto/aes-gcm.js'
import { NONCE_BYTES, TAG_BYTES } from './aead.js'
import { type AeadMemory, NativeAead, type NativeKey } from './native-aead.js'

/**
 * Makes keys of AES-256-GCM by OpenSSL's own two calls behind EVP, which asks for the nonce, the text, its end and the tag one by
 * one and looks up what each parameter is named: 1,400 bytes in 0.33 instead of 0.51 µs on Node 24.
 */
export function gcmAead(gcm: AesGcm, shared: AeadMemory): (key: Uint8Array) => Aead {
  return (key) => new NativeAead(shared, new GcmKey(gcm, shared, key))
}

class GcmKey implements NativeKey {
  readonly #gcm: AesGcm
  readonly #shared: AeadMemory
  readonly #nonce: number
  #context = 0
  /** What the context does at present: a session's key does either one or the other. */
  #seals = true

  constructor(gcm: AesGcm, shared: AeadMemory, key: Uint8Array) {
    this.#gcm = gcm
    this.#shared = shared
    this.#nonce = shared.nonceAddress
    shared.lendKey(key, (address) => {
      this.#context = gcm.newContext(address)
    })
  }

  seal(address: number, length: number, associated: Uint8Array | undefined): void {
    if (!this.#run(true, address, length, associated)) throw new Error('Cannot seal: OpenSSL failed')
  }

  open(address: number, length: number, associated: Uint8Array | undefined): boolean {
    return this.#run(false, address, length, associated)
  }

  erase(): void {
    this.#gcm.freeContext(this.#context)
  }

  /** Fails beyond wrong tags only if memory ran out or a parameter is wrong. */
  #run(seals: boolean, address: number, length: number, associated: Uint8Array | undefined): boolean {
    const gcm = this.#gcm
    const context = this.#context
    let done = 1
    if (seals !== this.#seals) {
      done = gcm.setDirection(context, seals)
      this.#seals = seals
    }
    const from = associated === undefined ? 0 : this.#shared.copyAssociated(associated)
    const count = associated === undefined ? 0 : associated.length
    done &= gcm.setIv(context, this.#nonce, NONCE_BYTES)
    done &= gcm.oneShot(context, from, count, address, length, address, address + length, TAG_BYTES)
    return done === 1
  }
}
