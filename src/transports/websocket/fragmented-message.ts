import { MAX_FRAMED } from '../streams/framing.js'

/** Frames that one message may come in. */
const MAX_FRAGMENTS = 16

/** Reassembles a message that some proxy on the path fragmented. RFC 6455 section 5.4 */
export class FragmentedMessage {
  #fragments: Uint8Array[] = []
  #length = 0

  /** Whether a message has begun and not ended. */
  get begun(): boolean {
    return this.#fragments.length > 0
  }

  /** Adds a fragment, which is copied. Returns the message when it is whole. */
  add(fragment: Uint8Array, first: boolean, last: boolean): Uint8Array | 'broken' | undefined {
    if (first === this.begun) return 'broken'
    this.#fragments.push(fragment.slice())
    this.#length += fragment.length
    if (this.#length > MAX_FRAMED || this.#fragments.length > MAX_FRAGMENTS) return 'broken'
    if (!last) return undefined
    const whole = new Uint8Array(this.#length)
    let at = 0
    for (const part of this.#fragments) {
      whole.set(part, at)
      at += part.length
    }
    this.#fragments = []
    this.#length = 0
    return whole
  }
}
