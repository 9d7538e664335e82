import type { Aead } from '../../core/api/aead.js'
import { type AesGcm, GcmContext } from '../../native/crypto/aes-gcm.js'
import { type AeadMemory, NativeAead, type NativeKey } from './native-aead.js'

/**
 * Makes keys of AES-256-GCM by OpenSSL's own two calls behind EVP, which asks for the nonce, the text, its end and the tag one by
 * one and looks up what each parameter is named: 1,400 bytes in 0.33 instead of 0.51 µs on Node 24.
 */
export function gcmAead(gcm: AesGcm, shared: AeadMemory): (key: Uint8Array) => Aead {
  return (key) => new NativeAead(shared, new GcmKey(gcm, shared, key))
}

class GcmKey implements NativeKey {
  readonly #shared: AeadMemory
  readonly #context: GcmContext

  constructor(gcm: AesGcm, shared: AeadMemory, key: Uint8Array) {
    this.#shared = shared
    this.#context = shared.lendKey(key, (address) => new GcmContext(gcm, address, shared.nonceAddress))
  }

  seal(address: number, length: number, associated: Uint8Array | undefined): void {
    const from = associated === undefined ? 0 : this.#shared.copyAssociated(associated)
    const count = associated === undefined ? 0 : associated.length
    if (!this.#context.seal(from, count, address, length, address))
      throw new Error('Cannot seal: OpenSSL failed')
  }

  sealInto(address: number, length: number, to: number): void {
    if (!this.#context.seal(0, 0, address, length, to)) throw new Error('Cannot seal: OpenSSL failed')
  }

  open(address: number, length: number, associated: Uint8Array | undefined): boolean {
    const from = associated === undefined ? 0 : this.#shared.copyAssociated(associated)
    const count = associated === undefined ? 0 : associated.length
    return this.#context.open(from, count, address, length, address)
  }

  openInto(address: number, length: number, to: number): boolean {
    return this.#context.open(0, 0, address, length, to)
  }

  erase(): void {
    this.#context.free()
  }
}
