import type { OpenSsl, TagParameters } from '../../native/crypto/openssl.js'
import type { AeadFactory, AeadName } from './aead.js'
import { type AeadMemory, NativeAead, type NativeKey } from './native-aead.js'

/** Seals and opens with OpenSSL's EVP functions, called directly: five to twenty times as fast as node:crypto. */
export function openSslAead(openSsl: OpenSsl, shared: AeadMemory): AeadFactory {
  const ciphers = new Map<AeadName, number>()
  return (name, key) => {
    const cipher = ciphers.get(name) ?? openSsl.fetchCipher(name.toUpperCase())
    ciphers.set(name, cipher)
    return new NativeAead(shared, new EvpKey(openSsl, shared, cipher, key))
  }
}

class EvpKey implements NativeKey {
  readonly #openSsl: OpenSsl
  readonly #shared: AeadMemory
  /** One context serves both directions: each call sets its direction and its nonce anew. */
  readonly #context: number
  readonly #nonce: number
  readonly #tag: TagParameters
  /** Where OpenSSL tells how much it wrote, which is known. */
  readonly #written: number

  constructor(openSsl: OpenSsl, shared: AeadMemory, cipher: number, key: Uint8Array) {
    this.#openSsl = openSsl
    this.#shared = shared
    this.#nonce = shared.nonceAddress
    this.#tag = shared.tag
    this.#written = shared.scratch
    this.#context = openSsl.newContext()
    shared.lendKey(key, (address) =>
      check(openSsl.encryptInit(this.#context, cipher, address, this.#nonce, 0)),
    )
  }

  seal(address: number, length: number, associated: Uint8Array | undefined): void {
    this.#seal(address, length, associated, address)
  }

  sealInto(address: number, length: number, to: number): void {
    this.#seal(address, length, undefined, to)
  }

  open(address: number, length: number, associated: Uint8Array | undefined): boolean {
    return this.#open(address, length, associated, address)
  }

  openInto(address: number, length: number, to: number): boolean {
    return this.#open(address, length, undefined, to)
  }

  erase(): void {
    this.#openSsl.freeContext(this.#context)
  }

  #seal(address: number, length: number, associated: Uint8Array | undefined, to: number): void {
    const openSsl = this.#openSsl
    const context = this.#context
    const written = this.#written
    let done = openSsl.encryptInit(context, 0, 0, this.#nonce, 0)
    if (associated !== undefined) {
      const from = this.#shared.copyAssociated(associated)
      done &= openSsl.encryptUpdate(context, 0, written, from, associated.length)
    }
    if (length > 0) done &= openSsl.encryptUpdate(context, to, written, address, length)
    done &= openSsl.encryptFinal(context, to + length, written)
    done &= openSsl.getParameters(context, this.#tag.at(to + length))
    check(done)
  }

  #open(address: number, length: number, associated: Uint8Array | undefined, to: number): boolean {
    const openSsl = this.#openSsl
    const context = this.#context
    const written = this.#written
    let done = openSsl.decryptInit(context, 0, 0, this.#nonce, this.#tag.at(address + length))
    if (associated !== undefined) {
      const from = this.#shared.copyAssociated(associated)
      done &= openSsl.decryptUpdate(context, 0, written, from, associated.length)
    }
    if (length > 0) done &= openSsl.decryptUpdate(context, to, written, address, length)
    return openSsl.decryptFinal(context, to + length, written) === 1 && done === 1
  }
}

/** OpenSSL fails here only where memory ran out or a parameter is wrong: going on would send plain text. */
function check(done: number): void {
  if (done !== 1) throw new Error('Cannot seal: OpenSSL failed')
}
