/** Milliseconds before the second attempt. */
const SHORTEST = 250
/** Milliseconds between attempts at the most. */
const LONGEST = 30_000

/**
 * Growing pauses between attempts: 250 ms, doubling up to 30 s, each shortened at random by up to a half, so that
 * many clients of a server that comes back do not return at once.
 */
export class Backoff {
  readonly #random: () => number
  #pause = SHORTEST

  /** `random` yields numbers from 0 to 1. */
  constructor(random: () => number) {
    this.#random = random
  }

  /** Milliseconds to wait before the next attempt. */
  next(): number {
    const pause = this.#pause * (1 - this.#random() / 2)
    this.#pause = Math.min(2 * this.#pause, LONGEST)
    return pause
  }

  /** An attempt succeeded: the next pause is short again. */
  reset(): void {
    this.#pause = SHORTEST
  }
}
