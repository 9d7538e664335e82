/** Milliseconds. The shortest pause, and the longest. */
const SHORTEST_PAUSE = 250
export const LONGEST_PAUSE = 30_000
/** Milliseconds. Pauses are this long at most while those before them come to less than a minute. */
const EAGER = 1_000
const EAGER_FOR = 60_000

/**
 * Growing pauses between attempts: from 250 ms on, doubling up to 1 s, and after a minute up to 30 s, so that
 * what was only restarted carries again within 2 s: a new link is probed for 500 ms before the handshake. Each
 * is shortened at random by up to a half, so that many clients of a server that comes back do not return at once.
 */
export class Backoff {
  readonly #random: () => number
  /** The next pause before it is shortened. */
  #pause = 2 * SHORTEST_PAUSE
  /** Milliseconds of all pauses since the last reset. */
  #paused = 0

  /** `random` yields numbers from 0 to 1. */
  constructor(random: () => number) {
    this.#random = random
  }

  /** Milliseconds to wait before the next attempt. */
  next(): number {
    const pause = (this.#pause * (1 + this.#random())) / 2
    this.#paused += pause
    this.#pause = Math.min(2 * this.#pause, this.#paused < EAGER_FOR ? EAGER : LONGEST_PAUSE)
    return pause
  }

  /** An attempt succeeded: the next pause is short again. */
  reset(): void {
    this.#pause = 2 * SHORTEST_PAUSE
    this.#paused = 0
  }
}
