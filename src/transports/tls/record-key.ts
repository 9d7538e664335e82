import { nextSecret, trafficKey } from './key-schedule.js'
import { HEADER_BYTES, TAG_BYTES } from './record.js'
import type { RecordCipher } from './record-cipher.js'
import type { Suite } from './suites.js'
import type { TlsMemory } from './tls-memory.js'

/**
 * The key of one direction with its sequence number, RFC 8446 section 5.3. Addresses are of the arena, and the
 * caller has checked the lengths.
 */
export class RecordKey {
  readonly #memory: TlsMemory
  readonly #suite: Suite
  #secret: Uint8Array
  /** The IV as three numbers. */
  #iv: DataView = new DataView(new ArrayBuffer(0))
  /** Undefined once erased. */
  #cipher: RecordCipher | undefined
  #sequence: number

  /** @param secret Is copied. */
  constructor(memory: TlsMemory, suite: Suite, secret: Uint8Array, sequence = 0) {
    this.#memory = memory
    this.#suite = suite
    this.#secret = secret.slice()
    this.#sequence = sequence
    this.#install()
  }

  /** Records that were sealed or opened under this key. */
  get sequence(): number {
    return this.#sequence
  }

  /** Goes over to the key that follows, as a KeyUpdate demands. */
  update(): void {
    const secret = this.#secret
    this.#secret = nextSecret(this.#suite, secret)
    secret.fill(0)
    this.#sequence = 0
    this.#install()
  }

  /**
   * Seals the next record: its header lies whole at `header`, and what follows it is written to `to`, tag included.
   *
   * @param from where content, type and padding lie, of `length` bytes: where they are written to, or apart from that.
   */
  seal(header: number, from: number, length: number, to: number): void {
    const cipher = this.#usable()
    this.#setNonce()
    // OpenSSL fails here only if memory ran out or a parameter is wrong: going on would send plain text.
    if (!cipher.seal(header, from, length, to)) throw new Error('Cannot seal a TLS record: OpenSSL failed')
    this.#sequence++
  }

  /**
   * Opens the next record, of which the header lies at `header` and `length` bytes follow it, tag included. False
   * if it is not authentic: what was written to `to` is useless then, and must not be exposed.
   */
  open(header: number, length: number, to: number): boolean {
    const cipher = this.#usable()
    this.#setNonce()
    if (!cipher.open(header, header + HEADER_BYTES, length - TAG_BYTES, to)) return false
    this.#sequence++
    return true
  }

  /** Forgets the key. It must not be used afterwards. */
  erase(): void {
    if (this.#cipher === undefined) return
    this.#cipher.free()
    this.#cipher = undefined
    this.#secret.fill(0)
    new Uint8Array(this.#iv.buffer).fill(0)
  }

  #install(): void {
    const { key: keyBytes } = this.#memory
    const { key, iv } = trafficKey(this.#suite, this.#secret)
    keyBytes.set(key)
    try {
      const next = this.#memory.recordCipher(this.#suite.aead) // throws if memory ran out: then the one before is whole
      this.#cipher?.free()
      this.#cipher = next
    } finally {
      keyBytes.fill(0)
      key.fill(0)
    }
    this.#iv = new DataView(iv.buffer)
  }

  /** The IV with the sequence number XORed in, as 64 bits at its end. */
  #setNonce(): void {
    const { nonce } = this.#memory
    const iv = this.#iv
    nonce.setUint32(0, iv.getUint32(0))
    nonce.setUint32(4, iv.getUint32(4) ^ Math.floor(this.#sequence / 2 ** 32))
    nonce.setUint32(8, iv.getUint32(8) ^ this.#sequence)
  }

  #usable(): RecordCipher {
    if (this.#cipher === undefined) throw new Error('Cannot use a TLS key: it was erased')
    return this.#cipher
  }
}
