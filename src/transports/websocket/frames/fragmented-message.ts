import { MAX_FRAMED } from '../../streams/framing.js'

/** Bytes on the wire for each byte of a message in fragments: a masked fragment of one byte has seven. */
const WIRE_BYTES_PER_BYTE = 8
/** Bytes on the wire that a message may take beyond that. */
const WIRE_ALLOWANCE = 4 * 1024
/** Bytes on the wire that a message in fragments may take before the remote has proven itself. */
const UNAUTHENTICATED_WIRE_BYTES = 16 * 1024
/** Fragments of a message that may be empty. */
const MAX_EMPTY = 64
/** Milliseconds from a message's first fragment to its last. */
const MAX_DURATION = 10_000
const NOTHING = new Uint8Array(0)

/** What is wrong with a fragment, in words that follow the remote's name. */
export type FragmentFault = `it ${string}`

/**
 * Reassembles a message that some proxy on the path fragmented (RFC 6455 section 5.4). Gateways fragment at 1 or 2 KiB, or
 * wherever a read of theirs ended, so what bounds a message is not the number of its fragments but what it makes this end
 * do: bytes on the wire, memory and time.
 */
export class FragmentedMessage {
  /** Bytes that are kept of a message. Less than the largest message before the remote has proven itself. */
  keeps = MAX_FRAMED
  /** One piece of memory, since each costs more than its bytes. */
  #memory = NOTHING
  #length = 0
  #wireBytes = 0
  #empty = 0
  #since = 0
  #begun = false

  /** Whether a message has begun and not ended. */
  get begun(): boolean {
    return this.#begun
  }

  /**
   * Adds a fragment, which is copied. Returns the message when it is whole.
   *
   * @param wireBytes Bytes of its frame.
   */
  add(
    fragment: Uint8Array,
    wireBytes: number,
    { first, last, now }: { first: boolean; last: boolean; now: number },
  ): Uint8Array | FragmentFault | undefined {
    if (first === this.#begun) return 'it sent pieces of a message that do not fit'
    if (first) this.#begin(now)
    const length = this.#length + fragment.length
    if (length > this.keeps) return `it sent pieces of more than ${this.keeps} bytes together`
    this.#wireBytes += wireBytes
    if (fragment.length === 0) this.#empty++
    if (this.#costsTooMuch(length)) return 'it sent a message in pieces that are too small'
    if (now - this.#since > MAX_DURATION)
      return `it took more than ${MAX_DURATION / 1000} s for a message in pieces`
    if (length > this.#memory.length) this.#grow(length)
    this.#memory.set(fragment, this.#length)
    this.#length = length
    if (!last) return undefined
    const whole = this.#memory.subarray(0, length)
    this.#memory = NOTHING
    this.#begun = false
    return whole
  }

  #begin(now: number): void {
    this.#begun = true
    this.#since = now
    this.#length = 0
    this.#wireBytes = 0
    this.#empty = 0
  }

  #costsTooMuch(length: number): boolean {
    if (this.#empty > MAX_EMPTY) return true
    if (this.keeps < MAX_FRAMED && this.#wireBytes > UNAUTHENTICATED_WIRE_BYTES) return true
    return this.#wireBytes > WIRE_BYTES_PER_BYTE * length + WIRE_ALLOWANCE
  }

  #grow(length: number): void {
    const larger = new Uint8Array(Math.min(this.keeps, Math.max(length, 2 * this.#memory.length)))
    larger.set(this.#memory.subarray(0, this.#length))
    this.#memory = larger
  }
}
