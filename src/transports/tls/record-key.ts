import { nextSecret, trafficKey } from './key-schedule.js'
import { HEADER_BYTES, TAG_BYTES } from './record.js'
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
  /** 0: erased. */
  #context: number
  #sequence: number

  /** @param secret Is copied. */
  constructor(memory: TlsMemory, suite: Suite, secret: Uint8Array, sequence = 0) {
    this.#memory = memory
    this.#suite = suite
    this.#secret = secret.slice()
    this.#sequence = sequence
    this.#context = memory.openSsl.newContext()
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

  /** Begins a record whose header lies at this address, whole. */
  begin(header: number): void {
    const { openSsl, nonceAddress, writtenAddress } = this.#memory
    this.#setNonce()
    const context = this.#usable()
    let done = openSsl.encryptInit(context, 0, 0, nonceAddress, 0)
    done &= openSsl.encryptUpdate(context, 0, writtenAddress, header, HEADER_BYTES)
    check(done)
  }

  /** Seals `length` bytes more of the record that was begun, from anywhere to anywhere. */
  add(to: number, from: number, length: number): void {
    const { openSsl, writtenAddress } = this.#memory
    check(openSsl.encryptUpdate(this.#usable(), to, writtenAddress, from, length))
  }

  /** Ends the record and writes its tag to this address. */
  end(tag: number): void {
    const { openSsl, tag: parameters, writtenAddress } = this.#memory
    const context = this.#usable()
    let done = openSsl.encryptFinal(context, tag, writtenAddress)
    done &= openSsl.getParameters(context, parameters.at(tag))
    check(done)
    this.#sequence++
  }

  /**
   * Opens the next record, of which the header lies at `header` and `length` bytes follow it, tag included. False
   * if it is not authentic: what was written to `to` is useless then, and must not be exposed.
   */
  open(header: number, length: number, to: number): boolean {
    const { openSsl, nonceAddress, tag, writtenAddress } = this.#memory
    const sealed = header + HEADER_BYTES
    const text = length - TAG_BYTES
    this.#setNonce()
    const context = this.#usable()
    let done = openSsl.decryptInit(context, 0, 0, nonceAddress, tag.at(sealed + text))
    done &= openSsl.decryptUpdate(context, 0, writtenAddress, header, HEADER_BYTES)
    done &= openSsl.decryptUpdate(context, to, writtenAddress, sealed, text)
    if (openSsl.decryptFinal(context, to + text, writtenAddress) !== 1 || done !== 1) return false
    this.#sequence++
    return true
  }

  /** Forgets the key. It must not be used afterwards. */
  erase(): void {
    if (this.#context === 0) return
    this.#memory.openSsl.freeContext(this.#context)
    this.#context = 0
    this.#secret.fill(0)
    new Uint8Array(this.#iv.buffer).fill(0)
  }

  #install(): void {
    const { openSsl, key: keyBytes, keyAddress, nonceAddress } = this.#memory
    const { key, iv } = trafficKey(this.#suite, this.#secret)
    keyBytes.set(key)
    const cipher = this.#memory.cipher(this.#suite.aead)
    const done = openSsl.encryptInit(this.#usable(), cipher, keyAddress, nonceAddress, 0)
    keyBytes.fill(0)
    key.fill(0)
    this.#iv = new DataView(iv.buffer)
    check(done)
  }

  /** The IV with the sequence number XORed in, as 64 bits at its end. */
  #setNonce(): void {
    const { nonce } = this.#memory
    const iv = this.#iv
    nonce.setUint32(0, iv.getUint32(0))
    nonce.setUint32(4, iv.getUint32(4) ^ Math.floor(this.#sequence / 2 ** 32))
    nonce.setUint32(8, iv.getUint32(8) ^ this.#sequence)
  }

  #usable(): number {
    if (this.#context === 0) throw new Error('Cannot use a TLS key: it was erased')
    return this.#context
  }
}

/** OpenSSL fails here only where memory ran out or a parameter is wrong: going on would send plain text. */
function check(done: number): void {
  if (done !== 1) throw new Error('Cannot seal a TLS record: OpenSSL failed')
}
