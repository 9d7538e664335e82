import type { Arena, Region } from '../base/arena.js'
import type { Family } from '../base/sockets.js'
import { getAddress, IOVEC, MESSAGE, setAddress } from '../sockets/message-layout.js'
import { SOCKET_ADDRESS_BYTES } from '../sockets/socket-address.js'
import {
  LOCAL_CONTROL_BYTES,
  localAddressAt,
  SEGMENT_CONTROL_BYTES,
  setSegmentSize,
  writeLocalControl,
  writeSegmentControl,
} from './control-message.js'

/** Messages that there is room for. */
export const MAX_MESSAGES = 65
/** Pieces of memory that they may consist of. */
export const MAX_IOVECS = 1024
/** Bytes from outside the arena that there is room for: two of the largest datagrams. */
const COPY_BYTES = 2 * 65_536

const NAME_AT = 0
const MESSAGES_AT = 64
const CONTROLS_AT = MESSAGES_AT + MAX_MESSAGES * MESSAGE.bytes
const CONTROL_BYTES = 64
const IOVECS_AT = CONTROLS_AT + MAX_MESSAGES * CONTROL_BYTES
const COPY_AT = IOVECS_AT + MAX_IOVECS * IOVEC.bytes
const TOTAL_BYTES = COPY_AT + COPY_BYTES

/** The structures by which sendmmsg is told what to send: messages to one remote, and what they consist of. */
export class OutgoingMemory {
  readonly #arena: Arena
  readonly #view: DataView
  readonly #family: Family
  readonly #region: Region
  /** What makes an offset in the arena an address. */
  readonly #base: number
  #copied = 0
  #local: Uint32Array | undefined

  constructor(arena: Arena, family: Family) {
    this.#arena = arena
    this.#view = arena.view
    this.#family = family
    this.#region = arena.reserve(TOTAL_BYTES)
    this.#base = this.#region.address - this.#region.offset
    for (let message = 0; message < MAX_MESSAGES; message++) this.#prepare(message)
  }

  /** The address of a message. */
  messageAddress(message: number): number {
    return this.#base + this.#messageAt(message)
  }

  /** Sets the remote of all messages: a socket address of the family, in words as they lie in memory. */
  setRemote(name: Uint32Array): void {
    const words = SOCKET_ADDRESS_BYTES[this.#family] / 4
    const at = this.#region.offset + NAME_AT
    for (let word = 0; word < words; word++) this.#view.setUint32(at + 4 * word, name[word]!, true)
  }

  /** Sets the local address that `setControl` writes, in words; undefined lets the kernel choose. */
  setLocal(ip: Uint32Array | undefined): void {
    this.#local = ip
  }

  /** A message's control messages: the segment size if it is not 0, then the local address if there is one. */
  setControl(message: number, segmentSize: number): void {
    const view = this.#view
    const at = this.#messageAt(message)
    const local = this.#controlAt(message) + SEGMENT_CONTROL_BYTES
    const start = segmentSize === 0 ? local : this.#controlAt(message)
    const localBytes = this.#local === undefined ? 0 : LOCAL_CONTROL_BYTES[this.#family]
    setAddress(view, at + MESSAGE.control, this.#base + start)
    view.setUint32(at + MESSAGE.controlLength, local - start + localBytes, true)
    if (segmentSize > 0) setSegmentSize(view, start, segmentSize)
    if (this.#local === undefined) return
    const ip = localAddressAt(local, this.#family)
    for (let word = 0; word < this.#local.length; word++) {
      view.setUint32(ip + 4 * word, this.#local[word]!, true)
    }
  }

  /** A message consists of `count` iovecs from `first` on. */
  setIovecs(message: number, first: number, count: number): void {
    const at = this.#messageAt(message)
    setAddress(this.#view, at + MESSAGE.iovecs, this.#base + this.#iovecAt(first))
    this.#view.setUint32(at + MESSAGE.iovecCount, count, true)
  }

  setIovec(index: number, address: number, length: number): void {
    const at = this.#iovecAt(index)
    setAddress(this.#view, at + IOVEC.base, address)
    this.#view.setUint32(at + IOVEC.length, length, true)
  }

  growIovec(index: number, length: number): void {
    this.#view.setUint32(this.#iovecAt(index) + IOVEC.length, this.iovecLength(index) + length, true)
  }

  iovecAddress(index: number): number {
    return getAddress(this.#view, this.#iovecAt(index) + IOVEC.base)
  }

  iovecLength(index: number): number {
    return this.#view.getUint32(this.#iovecAt(index) + IOVEC.length, true)
  }

  /** Where bytes lie in the arena, or where they were copied to; 0 if there is no room for a copy. */
  place(bytes: Uint8Array): number {
    const address = this.#arena.addressOf(bytes)
    if (address !== undefined) return address
    if (this.#copied + bytes.length > COPY_BYTES) return 0
    const at = COPY_AT + this.#copied
    this.#region.bytes.set(bytes, at)
    this.#copied += bytes.length
    return this.#region.address + at
  }

  /** Forgets all copies. */
  clear(): void {
    this.#copied = 0
  }

  /** Gives the memory back. The object must not be used afterwards. */
  release(): void {
    this.#region.release()
  }

  /** Writes what is the same in every use of a message. */
  #prepare(message: number): void {
    const at = this.#messageAt(message)
    const control = this.#controlAt(message)
    setAddress(this.#view, at + MESSAGE.name, this.#region.address + NAME_AT)
    this.#view.setUint32(at + MESSAGE.nameLength, SOCKET_ADDRESS_BYTES[this.#family], true)
    writeSegmentControl(this.#view, control)
    writeLocalControl(this.#view, control + SEGMENT_CONTROL_BYTES, this.#family)
  }

  #messageAt(message: number): number {
    return this.#region.offset + MESSAGES_AT + message * MESSAGE.bytes
  }

  #controlAt(message: number): number {
    return this.#region.offset + CONTROLS_AT + message * CONTROL_BYTES
  }

  #iovecAt(index: number): number {
    return this.#region.offset + IOVECS_AT + index * IOVEC.bytes
  }
}
