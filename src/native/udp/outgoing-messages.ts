import type { Arena } from '../base/arena.js'
import type { Family, Sockets } from '../base/sockets.js'
import { MAX_IOVECS, MAX_MESSAGES, OutgoingMemory } from './outgoing-memory.js'

/** The message, and its iovec, that `sendOneByOne` uses. */
const SINGLE = MAX_MESSAGES - 1
const SINGLE_IOVEC = MAX_IOVECS - 1

/**
 * Messages to one remote that sendmmsg takes in one call. Each carries one datagram, or several that the kernel
 * cuts apart (UDP_SEGMENT). Datagrams in the arena are referenced where they lie, others are copied.
 */
export class OutgoingMessages {
  readonly #sockets: Sockets
  readonly #memory: OutgoingMemory
  /** Of each message: its datagrams, the bytes of all but the last, and its first iovec. */
  readonly #datagrams = new Int32Array(SINGLE)
  readonly #segmentSizes = new Int32Array(SINGLE)
  readonly #firstIovecs = new Int32Array(SINGLE + 1)
  #count = 0
  /** The address behind the last datagram. */
  #end = 0

  constructor(arena: Arena, sockets: Sockets, family: Family) {
    this.#sockets = sockets
    this.#memory = new OutgoingMemory(arena, family)
    this.#memory.setIovecs(SINGLE, SINGLE_IOVEC, 1)
  }

  /** How many messages there are. */
  get count(): number {
    return this.#count
  }

  /** How many datagrams a message carries. */
  datagrams(message: number): number {
    return this.#datagrams[message]!
  }

  /** Forgets all messages. */
  clear(): void {
    this.#count = 0
    this.#memory.clear()
  }

  /**
   * Sets where messages go: a socket address and, if it is not for the kernel to choose, the local address
   * they leave from. Both are in words as they lie in memory.
   */
  setPath(remote: Uint32Array, local: Uint32Array | undefined): void {
    this.#memory.setRemote(remote)
    this.#memory.setLocal(local)
  }

  /** Adds a datagram as a message of its own. False: there is no room for it, and nothing was added. */
  add(datagram: Uint8Array): boolean {
    const message = this.#count
    const iovec = this.#firstIovecs[message]!
    if (message === SINGLE || iovec === SINGLE_IOVEC) return false
    const address = this.#memory.place(datagram)
    if (address === 0) return false
    this.#memory.setIovec(iovec, address, datagram.length)
    this.#memory.setIovecs(message, iovec, 1)
    this.#memory.setControl(message, 0)
    this.#datagrams[message] = 1
    this.#segmentSizes[message] = datagram.length
    this.#firstIovecs[message + 1] = iovec + 1
    this.#end = address + datagram.length
    this.#count++
    return true
  }

  /**
   * Adds a datagram to the last message as a further segment, if no segment so far is shorter than the
   * first, and this one is not longer. False: there is no room for it, and nothing was added.
   */
  join(datagram: Uint8Array): boolean {
    const message = this.#count - 1
    const iovec = this.#firstIovecs[message + 1]!
    if (iovec === SINGLE_IOVEC) return false
    const address = this.#memory.place(datagram)
    if (address === 0) return false
    if (address === this.#end) {
      this.#memory.growIovec(iovec - 1, datagram.length)
    } else {
      this.#memory.setIovec(iovec, address, datagram.length)
      this.#firstIovecs[message + 1] = iovec + 1
      this.#memory.setIovecs(message, this.#firstIovecs[message]!, iovec + 1 - this.#firstIovecs[message]!)
    }
    this.#end = address + datagram.length
    this.#datagrams[message]!++
    if (this.#datagrams[message] === 2) this.#memory.setControl(message, this.#segmentSizes[message]!)
    return true
  }

  /**
   * Adds a message of `count` segments of `size` bytes, of which the last may be shorter, that lie one behind the other. False: there
   * is no room for it, and nothing was added.
   */
  addSegments(bytes: Uint8Array, size: number, count: number): boolean {
    const message = this.#count
    if (!this.add(bytes)) return false
    this.#datagrams[message] = count
    this.#segmentSizes[message] = size
    if (count > 1) this.#memory.setControl(message, size)
    return true
  }

  /** Sends the messages from `first` on. Returns how many were sent, or an error number, negated. */
  send(fd: number, first: number): number {
    return this.#sockets.sendmmsg(fd, this.#memory.messageAddress(first), this.#count - first)
  }

  /**
   * Sends a message's datagrams one by one. `again` gets the result of each, 1 or an error number, negated,
   * and says whether to send it once more.
   */
  sendOneByOne(fd: number, message: number, again: (result: number) => boolean): void {
    const memory = this.#memory
    const size = Math.max(1, this.#segmentSizes[message]!)
    for (let iovec = this.#firstIovecs[message]!; iovec < this.#firstIovecs[message + 1]!; iovec++) {
      const address = memory.iovecAddress(iovec)
      const length = memory.iovecLength(iovec)
      let at = 0
      do {
        memory.setIovec(SINGLE_IOVEC, address + at, Math.min(size, length - at))
        do memory.setControl(SINGLE, 0)
        while (again(this.#sockets.sendmmsg(fd, memory.messageAddress(SINGLE), 1)))
        at += size
      } while (at < length)
    }
  }

  /** Gives the memory back. The object must not be used afterwards. */
  release(): void {
    this.#memory.release()
  }
}
