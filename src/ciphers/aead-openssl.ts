import type { Arena, Region } from '../native/arena.js'
import { GET_TAG, type OpenSsl, SET_TAG } from '../native/openssl.js'
import {
  type Aead,
  type AeadName,
  type AeadWay,
  checkRoom,
  KEY_BYTES,
  NONCE_BYTES,
  TAG_BYTES,
} from './aead.js'

/** Bytes. Longer texts outside the arena are refused: no datagram is longer. */
const MAX_COPIED = 65_535 + TAG_BYTES
/** Bytes. Associated data is a hash, in the handshake. */
const MAX_ASSOCIATED = 1024
/** Where the parts of the working memory are. */
const [NONCE_AT, KEY_AT, WRITTEN_AT] = [0, 64, 128]
const ASSOCIATED_AT = 192
const COPY_AT = ASSOCIATED_AT + MAX_ASSOCIATED

/** OpenSSL and what all keys share: one nonce, and a place for texts that are not in the arena. */
interface Workshop {
  readonly openSsl: OpenSsl
  readonly arena: Arena
  readonly memory: Region
  readonly nonce: DataView
}

/** Seals and opens with OpenSSL, called directly: five to twenty times as fast as node:crypto. */
export function openSslAead(openSsl: OpenSsl, arena: Arena): AeadWay {
  const memory = arena.reserve(COPY_AT + MAX_COPIED)
  const nonce = new DataView(arena.view.buffer, memory.offset + NONCE_AT, NONCE_BYTES)
  const workshop: Workshop = { openSsl, arena, memory, nonce }
  const ciphers = new Map<AeadName, number>()
  return (name, key) => {
    const cipher = ciphers.get(name) ?? openSsl.fetchCipher(name.toUpperCase())
    ciphers.set(name, cipher)
    return new OpenSslAead(workshop, cipher, key)
  }
}

class OpenSslAead implements Aead {
  readonly nonce: DataView
  readonly #workshop: Workshop
  /** One context serves both directions: each call sets its direction and its nonce anew. 0: erased. */
  #context: number

  constructor(workshop: Workshop, cipher: number, key: Uint8Array) {
    if (key.length !== KEY_BYTES) {
      throw new RangeError(`Cannot use a key of ${key.length} bytes: it has ${KEY_BYTES}`)
    }
    this.#workshop = workshop
    this.nonce = workshop.nonce
    const { openSsl, memory } = workshop
    const keyBytes = memory.bytes.subarray(KEY_AT, KEY_AT + KEY_BYTES)
    keyBytes.set(key)
    this.#context = openSsl.newContext()
    const nonce = memory.address + NONCE_AT
    const done = openSsl.encryptInit(this.#context, cipher, 0, memory.address + KEY_AT, nonce)
    keyBytes.fill(0)
    check(done)
  }

  seal(bytes: Uint8Array, at: number, length: number, associated?: Uint8Array): void {
    checkRoom(bytes, at, length)
    const address = this.#workshop.arena.addressOf(bytes)
    if (address !== undefined) {
      this.#seal(address + at, length, associated)
      return
    }
    const copy = this.#copyIn(bytes, at, length)
    this.#seal(this.#workshop.memory.address + COPY_AT, length, associated)
    bytes.set(copy, at)
  }

  open(bytes: Uint8Array, at: number, length: number, associated?: Uint8Array): boolean {
    checkRoom(bytes, at, length)
    const address = this.#workshop.arena.addressOf(bytes)
    if (address !== undefined) {
      if (this.#open(address + at, length, associated)) return true
      bytes.fill(0, at, at + length) // unverified text is shown to nobody
      return false
    }
    const copy = this.#copyIn(bytes, at, length)
    if (!this.#open(this.#workshop.memory.address + COPY_AT, length, associated)) return false
    bytes.set(copy.subarray(0, length), at)
    return true
  }

  erase(): void {
    if (this.#context === 0) return
    this.#workshop.openSsl.freeContext(this.#context)
    this.#context = 0
  }

  #seal(address: number, length: number, associated: Uint8Array | undefined): void {
    const { openSsl, memory } = this.#workshop
    const context = this.#context
    const written = memory.address + WRITTEN_AT
    if (context === 0) throw new Error('Cannot seal: the key was erased')
    let done = openSsl.encryptInit(context, 0, 0, 0, memory.address + NONCE_AT)
    if (associated !== undefined)
      done &= openSsl.encryptUpdate(context, 0, written, this.#copyAssociated(associated), associated.length)
    if (length > 0) done &= openSsl.encryptUpdate(context, address, written, address, length)
    done &= openSsl.encryptFinal(context, address + length, written)
    done &= openSsl.control(context, GET_TAG, TAG_BYTES, address + length)
    check(done)
  }

  #open(address: number, length: number, associated: Uint8Array | undefined): boolean {
    const { openSsl, memory } = this.#workshop
    const context = this.#context
    const written = memory.address + WRITTEN_AT
    if (context === 0) throw new Error('Cannot open: the key was erased')
    let done = openSsl.decryptInit(context, 0, 0, 0, memory.address + NONCE_AT)
    done &= openSsl.control(context, SET_TAG, TAG_BYTES, address + length)
    if (associated !== undefined)
      done &= openSsl.decryptUpdate(context, 0, written, this.#copyAssociated(associated), associated.length)
    if (length > 0) done &= openSsl.decryptUpdate(context, address, written, address, length)
    return openSsl.decryptFinal(context, address + length, written) === 1 && done === 1
  }

  /** Copies a text with its tag into the arena and returns the copy. */
  #copyIn(bytes: Uint8Array, at: number, length: number): Uint8Array {
    const whole = length + TAG_BYTES
    if (whole > MAX_COPIED) throw new RangeError(`Cannot copy ${whole} bytes: at most ${MAX_COPIED} fit`)
    const copy = this.#workshop.memory.bytes.subarray(COPY_AT, COPY_AT + whole)
    copy.set(bytes.subarray(at, at + whole))
    return copy
  }

  #copyAssociated(associated: Uint8Array): number {
    if (associated.length > MAX_ASSOCIATED) {
      throw new RangeError(
        `Cannot use ${associated.length} bytes of associated data: at most ${MAX_ASSOCIATED} fit`,
      )
    }
    const { memory } = this.#workshop
    memory.bytes.set(associated, ASSOCIATED_AT)
    return memory.address + ASSOCIATED_AT
  }
}

/** OpenSSL fails here only where memory ran out or a parameter is wrong: going on would send plain text. */
function check(done: number): void {
  if (done !== 1) throw new Error('Cannot seal: OpenSSL failed')
}
