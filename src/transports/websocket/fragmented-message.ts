import { MAX_FRAMED } from '../streams/framing.js'

/** Frames that one message may come in. */
const MAX_FRAGMENTS = 16
const NOTHING = new Uint8Array(0)

/** Reassembles a message that some proxy on the path fragmented. RFC 6455 section 5.4 */
export class FragmentedMessage {
  /** Bytes that are kept of a message. */
  keeps = MAX_FRAMED
  /** One piece of memory, since each costs more than its bytes. */
  #memory = NOTHING
  #length = 0
  #fragments = 0

  /** Whether a message has begun and not ended. */
  get begun(): boolean {
    return this.#fragments > 0
  }

  /** Adds a fragment, which is copied. Returns the message when it is whole. */
  add(fragment: Uint8Array, first: boolean, last: boolean): Uint8Array | 'broken' | undefined {
    if (first === this.begun || this.#fragments === MAX_FRAGMENTS) return 'broken'
    const length = this.#length + fragment.length
    if (length > this.keeps) return 'broken'
    if (length > this.#memory.length) this.#grow(length)
    this.#memory.set(fragment, this.#length)
    this.#length = length
    this.#fragments++
    if (!last) return undefined
    const whole = this.#memory.subarray(0, length)
    this.#memory = NOTHING
    this.#length = 0
    this.#fragments = 0
    return whole
  }

  #grow(length: number): void {
    const larger = new Uint8Array(Math.min(this.keeps, Math.max(length, 2 * this.#memory.length)))
    larger.set(this.#memory.subarray(0, this.#length))
    this.#memory = larger
  }
}
