/** Bits in the ring. A power of two, so that a counter's low bits are its place. */
const RING_BITS = 8192
const WORD_BITS = 32
const WORDS = RING_BITS / WORD_BITS

/** Counters behind the greatest that are still told apart; one word of the ring is always being reused. */
export const WINDOW = RING_BITS - WORD_BITS

/**
 * Remembers which counters of a session were seen, after RFC 6479: a ring of bits that moves word by word.
 *
 * Check first, then open the datagram, then mark: a forged counter must not move the window. Counters are exact
 * integers from 0 to 2^53 - 1.
 */
export class ReplayWindow {
  readonly #ring = new Uint32Array(WORDS)
  #greatest = -1

  /** The greatest counter marked; -1 before the first. */
  get greatest(): number {
    return this.#greatest
  }

  /** Whether `counter` is new: neither marked before nor behind the window. Changes nothing. */
  isFresh(counter: number): boolean {
    if (counter > this.#greatest) return true
    if (this.#greatest - counter >= WINDOW) return false
    const low = counter >>> 0
    return (this.#ring[(low >>> 5) & (WORDS - 1)]! & (1 << (low & 31))) === 0
  }

  /** Marks a fresh counter as seen. */
  mark(counter: number): void {
    if (counter > this.#greatest) {
      this.#advance(counter)
      this.#greatest = counter
    }
    const low = counter >>> 0
    this.#ring[(low >>> 5) & (WORDS - 1)]! |= 1 << (low & 31)
  }

  #advance(counter: number): void {
    const from = Math.floor(this.#greatest / WORD_BITS)
    const steps = Math.min(Math.floor(counter / WORD_BITS) - from, WORDS)
    if (steps === WORDS) this.#ring.fill(0)
    else for (let step = 1; step <= steps; step++) this.#ring[((from + step) >>> 0) & (WORDS - 1)] = 0
  }
}
