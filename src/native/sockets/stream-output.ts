import type { Arena, Region } from '../base/arena.js'
import { getAddress, IOVEC, MESSAGE, setAddress } from './message-layout.js'

/** Pieces of memory that one call sends at the most. Linux' UIO_MAXIOV */
export const MAX_IOVECS = 1024
/** Bytes from outside the arena, and of headers, that one call sends at the most. */
const COPY_BYTES = 256 * 1024
/** Bytes of all pieces that one call sends at the most. */
export const MAX_BYTES = 1024 * 1024

const IOVECS_AT = MESSAGE.bytes
const COPY_AT = IOVECS_AT + MAX_IOVECS * IOVEC.bytes
const TOTAL_BYTES = COPY_AT + COPY_BYTES

/**
 * What one call of sendmsg is to send: pieces that lie in the arena and are referenced there, and copies of what
 * lies elsewhere. All links of a transport share one, since a call is over before the next begins.
 */
export class StreamOutput {
  readonly #arena: Arena
  readonly #region: Region
  #iovecs = 0
  #copied = 0
  #bytes = 0

  constructor(arena: Arena) {
    this.#arena = arena
    this.#region = arena.reserve(TOTAL_BYTES)
    setAddress(arena.view, this.#region.offset + MESSAGE.iovecs, this.#region.address + IOVECS_AT)
  }

  /** Bytes in all iovecs. */
  get bytes(): number {
    return this.#bytes
  }

  /** How many iovecs there are. */
  get iovecs(): number {
    return this.#iovecs
  }

  /** Where the structure for sendmsg is. */
  get messageAddress(): number {
    this.#arena.view.setUint32(this.#region.offset + MESSAGE.iovecCount, this.#iovecs, true)
    return this.#region.address
  }

  /** Memory that `copy` gives pieces of: all of the arena. */
  get memory(): Uint8Array {
    return this.#arena.bytes
  }

  /** The same, for numbers. */
  get view(): DataView {
    return this.#arena.view
  }

  /** Whether a datagram of `length` bytes in a frame of `overhead` bytes still fits. */
  fits(overhead: number, length: number): boolean {
    const framed = overhead + length
    return (
      this.#iovecs + 2 <= MAX_IOVECS &&
      this.#copied + framed <= COPY_BYTES &&
      this.#bytes + framed <= MAX_BYTES
    )
  }

  /** Adds a piece of `length` bytes and returns where in `memory` the caller writes it. */
  copy(length: number): number {
    const at = COPY_AT + this.#copied
    this.#add(this.#region.address + at, length)
    this.#copied += length
    return this.#region.offset + at
  }

  /** Adds bytes, which are copied if they do not lie in the arena. */
  add(bytes: Uint8Array): void {
    const address = this.#arena.addressOf(bytes)
    if (address !== undefined) this.#add(address, bytes.length)
    else this.memory.set(bytes, this.copy(bytes.length))
  }

  /** Adds bytes of the arena by their address. */
  addOwned(address: number, length: number): void {
    this.#add(address, length)
  }

  /** Where an iovec begins in the process. */
  iovecAddress(iovec: number): number {
    return getAddress(this.#arena.view, this.#iovecAt(iovec) + IOVEC.base)
  }

  /** Bytes of an iovec. */
  iovecLength(iovec: number): number {
    return this.#arena.view.getUint32(this.#iovecAt(iovec) + IOVEC.length, true)
  }

  /** Forgets all iovecs. */
  clear(): void {
    this.#iovecs = 0
    this.#copied = 0
    this.#bytes = 0
  }

  /** Copies what lies behind the first `sent` bytes of all pieces to `target`, which has the room. */
  copyRest(sent: number, target: Uint8Array): void {
    const base = this.#arena.address(0)
    let skip = sent
    let at = 0
    for (let iovec = 0; iovec < this.#iovecs; iovec++) {
      const length = this.iovecLength(iovec)
      if (skip < length) {
        const from = this.iovecAddress(iovec) - base
        target.set(this.#arena.bytes.subarray(from + skip, from + length), at)
        at += length - skip
        skip = 0
      } else skip -= length
    }
  }

  #add(address: number, length: number): void {
    const { view } = this.#arena
    const at = this.#iovecAt(this.#iovecs)
    setAddress(view, at + IOVEC.base, address)
    view.setUint32(at + IOVEC.length, length, true)
    this.#iovecs++
    this.#bytes += length
  }

  #iovecAt(iovec: number): number {
    return this.#region.offset + IOVECS_AT + iovec * IOVEC.bytes
  }
}
