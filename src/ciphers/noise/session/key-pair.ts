import type { Aead } from '../../../core/api/aead.js'
import type { MessageLimits, SessionKeys } from '../handshake/protocol.js'
import type { DropCause } from '../wire/drops.js'
import { DATA_HEADER, readCounter, writeDataHeader } from '../wire/messages.js'
import { type Suite, writeNonce } from '../wire/suite.js'
import { REJECT_AFTER, REKEY_AFTER } from '../wire/times.js'
import { ReplayWindow } from './replay-window.js'

/** Counters from here on are no exact integers. */
const MAX_COUNTER = 2 ** 53

/** What a key pair is made of. */
export interface KeyPairOptions {
  readonly useKey: (key: Uint8Array) => Aead
  readonly suite: Suite
  readonly limits: MessageLimits
  readonly keys: SessionKeys
  /** Whether this end started the handshake. */
  readonly initiator: boolean
  readonly localIndex: number
  readonly remoteIndex: number
  readonly now: number
}

/** The keys of one session: seals and opens its data, counts, and remembers which counters were seen. */
export class KeyPair {
  readonly initiator: boolean
  readonly localIndex: number
  readonly createdAt: number
  readonly #window = new ReplayWindow()
  /** Whether the datagram opened last had the highest counter yet. */
  openedNewest = false
  readonly #remoteIndex: number
  readonly #limits: MessageLimits
  readonly #littleEndian: boolean
  /** Bytes that a datagram has beyond its text. */
  readonly #envelope: number
  readonly #sealer: Aead
  readonly #opener: Aead
  #counter = 0

  constructor({ useKey, suite, limits, keys, initiator, localIndex, remoteIndex, now }: KeyPairOptions) {
    this.initiator = initiator
    this.localIndex = localIndex
    this.createdAt = now
    this.#remoteIndex = remoteIndex
    this.#limits = limits
    const { keyBytes, tagBytes, bigEndianCounter } = suite.aead
    this.#littleEndian = !bigEndianCounter
    this.#envelope = DATA_HEADER + tagBytes
    this.#sealer = useKey(keys.send.subarray(0, keyBytes))
    this.#opener = useKey(keys.receive.subarray(0, keyBytes))
    keys.send.fill(0)
    keys.receive.fill(0)
  }

  /** The highest counter that was opened; −1 if there was none. */
  get greatest(): number {
    return this.#window.greatest
  }

  /** Whether it may seal so many more datagrams. */
  seals(now: number, datagrams = 1): boolean {
    return now - this.createdAt < REJECT_AFTER && this.#counter + datagrams <= this.#limits.rejectAfter
  }

  /** Whether a new session is wanted, by one who sends: WireGuard's paper, section 6.2. */
  wantsRenewal(now: number): boolean {
    return this.#counter >= this.#limits.rekeyAfter || (this.initiator && now - this.createdAt >= REKEY_AFTER)
  }

  /**
   * Makes a datagram: writes the header, seals `length` bytes of text behind it where they lie, and the tag. The
   * caller has asked `seals`.
   */
  seal(datagram: Uint8Array, length: number): void {
    const counter = this.#counter++
    writeDataHeader(datagram, 0, this.#remoteIndex, counter)
    writeNonce(this.#sealer.nonce, counter, this.#littleEndian)
    this.#sealer.seal(datagram, DATA_HEADER, length)
  }

  /** The same at `to` of a memory, of a text that lies elsewhere in it, at `at`. They do not overlap. */
  sealInto(memory: Uint8Array, at: number, length: number, to: number): void {
    const counter = this.#counter++
    const sealer = this.#sealer
    writeDataHeader(memory, to, this.#remoteIndex, counter)
    writeNonce(sealer.nonce, counter, this.#littleEndian)
    if (sealer.sealInto !== undefined) sealer.sealInto(memory, at, length, to + DATA_HEADER)
    else {
      memory.copyWithin(to + DATA_HEADER, at, at + length)
      sealer.seal(memory, to + DATA_HEADER, length)
    }
  }

  /**
   * Opens a datagram of `length` bytes, which is at least a header and a tag, where it lies in a memory, or from there to `to`. Its
   * counter is marked as seen only after the datagram proved authentic.
   *
   * @returns why it was not opened; undefined if it was.
   */
  open(memory: Uint8Array, now: number, at = 0, length = memory.length, to = -1): DropCause | undefined {
    const counter = readCounter(memory, at)
    if (counter >= MAX_COUNTER) return 'malformed'
    if (now - this.createdAt >= REJECT_AFTER || counter >= this.#limits.rejectAfter) return 'expired'
    if (!this.#window.isFresh(counter)) return 'replayed'
    const opener = this.#opener
    writeNonce(opener.nonce, counter, this.#littleEndian)
    const [from, size] = [at + DATA_HEADER, length - this.#envelope]
    if (!(to < 0 ? opener.open(memory, from, size) : openInto(opener, memory, from, size, to)))
      return 'authFailed'
    this.openedNewest = counter > this.#window.greatest
    this.#window.mark(counter)
    return undefined
  }

  /** Forgets the keys. */
  erase(): void {
    this.#sealer.erase()
    this.#opener.erase()
  }
}

/** Opens a text from one place of a memory to another, where they do not overlap. */
function openInto(opener: Aead, memory: Uint8Array, at: number, length: number, to: number): boolean {
  if (opener.openInto !== undefined) return opener.openInto(memory, at, length, to)
  if (!opener.open(memory, at, length)) return false
  memory.copyWithin(to, at, at + length)
  return true
}
