import type { Aead } from '../../core/api/aead.js'
import { MAX_PACKET } from '../../core/api/packet.js'
import type { Arena, Region } from '../../native/base/arena.js'
import { TagParameters } from '../../native/crypto/openssl.js'
import { checkKey, checkRoom, checkText, KEY_BYTES, NONCE_BYTES, TAG_BYTES } from './aead.js'

/** Bytes. Longer texts outside the arena are refused: no datagram is longer. */
const MAX_COPIED = MAX_PACKET + TAG_BYTES
/** Bytes. Associated data is a hash, in the handshake, or a record's header. */
const MAX_ASSOCIATED = 1024
/** ChaCha20 wants a block counter of 4 bytes before the nonce. */
const COUNTER_BYTES = 4
/** Where the parts of the working memory are. */
const [COUNTER_AT, KEY_AT, SCRATCH_AT] = [0, 64, 128]
/** Bytes that a key may use as it likes within a call. */
const SCRATCH_BYTES = 64
const ASSOCIATED_AT = SCRATCH_AT + SCRATCH_BYTES
const COPY_AT = ASSOCIATED_AT + MAX_ASSOCIATED

/** Memory of the arena that all keys share: one nonce, room for their work, and a place for texts from elsewhere. */
export class AeadMemory {
  readonly arena: Arena
  /** The nonce of the next call. */
  readonly nonce: DataView
  readonly nonceAddress: number
  /** The block counter before the nonce, and both together as ChaCha20 takes them. */
  readonly counterOffset: number
  readonly counterAddress: number
  /** The address of SCRATCH_BYTES, left as each key leaves them. */
  readonly scratch: number
  /** For OpenSSL. */
  readonly tag: TagParameters
  readonly #memory: Region

  constructor(arena: Arena) {
    this.arena = arena
    this.tag = new TagParameters(arena, TAG_BYTES)
    this.#memory = arena.reserve(COPY_AT + MAX_COPIED)
    const { address, offset } = this.#memory
    this.counterOffset = offset + COUNTER_AT
    this.counterAddress = address + COUNTER_AT
    this.nonceAddress = this.counterAddress + COUNTER_BYTES
    this.nonce = new DataView(arena.view.buffer, this.counterOffset + COUNTER_BYTES, NONCE_BYTES)
    this.scratch = address + SCRATCH_AT
  }

  /** Lends a key to `use`, at an address, and forgets it. */
  lendKey<Result>(key: Uint8Array, use: (address: number) => Result): Result {
    checkKey(key)
    const bytes = this.#memory.bytes.subarray(KEY_AT, KEY_AT + KEY_BYTES)
    bytes.set(key)
    try {
      return use(this.#memory.address + KEY_AT)
    } finally {
      bytes.fill(0)
    }
  }

  /** The address of a copy of associated data, with zeros behind it up to a multiple of 16 bytes. */
  copyAssociated(associated: Uint8Array): number {
    const { length } = associated
    if (length > MAX_ASSOCIATED) {
      throw new RangeError(`Cannot use ${length} bytes of associated data: at most ${MAX_ASSOCIATED} fit`)
    }
    const { bytes, address } = this.#memory
    bytes.set(associated, ASSOCIATED_AT)
    bytes.fill(0, ASSOCIATED_AT + length, ASSOCIATED_AT + length + (-length & 15))
    return address + ASSOCIATED_AT
  }

  /** Copies a text with its tag into the arena and returns the copy. */
  copyIn(bytes: Uint8Array, at: number, length: number): Uint8Array {
    const whole = length + TAG_BYTES
    if (whole > MAX_COPIED) throw new RangeError(`Cannot copy ${whole} bytes: at most ${MAX_COPIED} fit`)
    const copy = this.#memory.bytes.subarray(COPY_AT, COPY_AT + whole)
    copy.set(bytes.subarray(at, at + whole))
    return copy
  }

  /** The address of what `copyIn` returned. */
  get copyAddress(): number {
    return this.#memory.address + COPY_AT
  }
}

/** One key of an algorithm, for texts in the arena with the tag behind them. The nonce is the memory's. */
export interface NativeKey {
  seal(address: number, length: number, associated: Uint8Array | undefined): void
  /** The same from one address to another, without associated data. The texts do not overlap. */
  sealInto(address: number, length: number, to: number): void
  /** False if the tag is wrong; the text may be opened then all the same. */
  open(address: number, length: number, associated: Uint8Array | undefined): boolean
  /** The same from one address to another, without associated data. They do not overlap. */
  openInto(address: number, length: number, to: number): boolean
  erase(): void
}

/** Seals and opens with native code. Texts outside the arena are copied in and out. */
export class NativeAead implements Aead {
  readonly nonce: DataView
  readonly #shared: AeadMemory
  readonly #arena: Arena
  /** The memory that texts were last sealed within, and its address: to ask a view for where it lies takes as long as to seal 50 bytes. */
  #memory: Uint8Array | undefined
  #address: number | undefined
  /** Undefined once erased. */
  #key: NativeKey | undefined

  constructor(shared: AeadMemory, key: NativeKey) {
    this.#shared = shared
    this.#arena = shared.arena
    this.nonce = shared.nonce
    this.#key = key
  }

  seal(bytes: Uint8Array, at: number, length: number, associated?: Uint8Array): void {
    checkRoom(bytes, at, length)
    const key = this.#key
    if (key === undefined) throw new Error('Cannot seal: the key was erased')
    const address = this.#arena.addressOf(bytes)
    if (address !== undefined) {
      key.seal(address + at, length, associated)
      return
    }
    const copy = this.#shared.copyIn(bytes, at, length)
    key.seal(this.#shared.copyAddress, length, associated)
    bytes.set(copy, at)
  }

  sealInto(memory: Uint8Array, at: number, length: number, to: number): void {
    checkText(memory, at, length)
    checkRoom(memory, to, length)
    const address = memory === this.#memory ? this.#address : this.#learn(memory)
    if (address === undefined) {
      memory.copyWithin(to, at, at + length)
      this.seal(memory, to, length)
      return
    }
    if (this.#key === undefined) throw new Error('Cannot seal: the key was erased')
    this.#key.sealInto(address + at, length, address + to)
  }

  open(bytes: Uint8Array, at: number, length: number, associated?: Uint8Array): boolean {
    checkRoom(bytes, at, length)
    const key = this.#key
    if (key === undefined) throw new Error('Cannot open: the key was erased')
    const address = this.#arena.addressOf(bytes)
    if (address !== undefined) {
      if (key.open(address + at, length, associated)) return true
      bytes.fill(0, at, at + length) // unverified text is shown to nobody
      return false
    }
    const copy = this.#shared.copyIn(bytes, at, length)
    if (!key.open(this.#shared.copyAddress, length, associated)) return false
    bytes.set(copy.subarray(0, length), at)
    return true
  }

  openInto(memory: Uint8Array, at: number, length: number, to: number): boolean {
    checkRoom(memory, at, length)
    checkText(memory, to, length)
    const address = memory === this.#memory ? this.#address : this.#learn(memory)
    if (address === undefined) {
      if (!this.open(memory, at, length)) return false
      memory.copyWithin(to, at, at + length)
      return true
    }
    if (this.#key === undefined) throw new Error('Cannot open: the key was erased')
    if (this.#key.openInto(address + at, length, address + to)) return true
    memory.fill(0, to, to + length) // unverified text is shown to nobody
    return false
  }

  erase(): void {
    this.#key?.erase()
    this.#key = undefined
  }

  #learn(memory: Uint8Array): number | undefined {
    this.#memory = memory
    this.#address = this.#arena.addressOf(memory)
    return this.#address
  }
}
