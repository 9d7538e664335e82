import type { Aead } from '../../../core/api/aead.js'
import { HASH_BYTES, hkdf } from '../wire/hash.js'
import { type Suite, writeNonce } from '../wire/suite.js'

/** Noise's SymmetricState and the CipherState inside it. Noise, section 5. */
export class SymmetricState {
  readonly #suite: Suite
  #chainingKey: Uint8Array
  #hash: Uint8Array
  #key: Uint8Array | undefined
  #counter = 0

  constructor(suite: Suite, protocolName: string) {
    this.#suite = suite
    const name = Buffer.from(protocolName)
    const short = name.length <= HASH_BYTES
    this.#hash = short ? Buffer.concat([name], HASH_BYTES) : suite.hash.hash(name)
    this.#chainingKey = this.#hash
  }

  /** The hash of all that both ends know so far. */
  get handshakeHash(): Uint8Array {
    return this.#hash
  }

  mixHash(data: Uint8Array): void {
    this.#hash = this.#suite.hash.hash(this.#hash, data)
  }

  mixKey(material: Uint8Array): void {
    const [chainingKey, key] = hkdf(this.#suite.hash, this.#chainingKey, material, 2)
    this.#chainingKey = chainingKey!
    this.#useKey(key!)
  }

  mixKeyAndHash(material: Uint8Array): void {
    const [chainingKey, hash, key] = hkdf(this.#suite.hash, this.#chainingKey, material, 3)
    this.#chainingKey = chainingKey!
    this.mixHash(hash!)
    this.#useKey(key!)
  }

  /** The sealed text with its tag; as long as there is no key, the text itself. */
  encryptAndHash(text: Uint8Array): Uint8Array {
    let sealed = text
    if (this.#key) {
      sealed = new Uint8Array(text.length + this.#suite.aead.tagBytes)
      sealed.set(text)
      const aead = this.#nextAead(this.#key)
      aead.seal(sealed, 0, text.length, this.#hash)
      aead.erase()
    }
    this.mixHash(sealed)
    return sealed
  }

  /** The text, or undefined if it is not authentic: the state is of no more use then. */
  decryptAndHash(sealed: Uint8Array): Uint8Array | undefined {
    let text = Uint8Array.from(sealed) // slice would not copy a Buffer
    if (this.#key) {
      const length = sealed.length - this.#suite.aead.tagBytes
      if (length < 0) return undefined
      const aead = this.#nextAead(this.#key)
      const authentic = aead.open(text, 0, length, this.#hash)
      aead.erase()
      if (!authentic) return undefined
      text = text.subarray(0, length)
    }
    this.mixHash(sealed)
    return text
  }

  /** The keys of the session: the initiator's to seal with, and the responder's. */
  split(): readonly [Uint8Array, Uint8Array] {
    const [initiator, responder] = hkdf(this.#suite.hash, this.#chainingKey, new Uint8Array(0), 2)
    return [initiator!, responder!]
  }

  /** A state that goes its own way from here on. */
  clone(): SymmetricState {
    const copy = new SymmetricState(this.#suite, '')
    copy.#chainingKey = Uint8Array.from(this.#chainingKey)
    copy.#hash = this.#hash
    copy.#key = this.#key && Uint8Array.from(this.#key)
    copy.#counter = this.#counter
    return copy
  }

  erase(): void {
    this.#chainingKey.fill(0)
    this.#key?.fill(0)
  }

  #useKey(key: Uint8Array): void {
    this.#key?.fill(0)
    this.#key = key.subarray(0, this.#suite.aead.keyBytes) // as Noise cuts longer digests, section 5.2
    this.#counter = 0
  }

  #nextAead(key: Uint8Array): Aead {
    const algorithm = this.#suite.aead
    const aead = algorithm.withKey(key)
    writeNonce(aead.nonce, this.#counter++, !algorithm.bigEndianCounter)
    return aead
  }
}
