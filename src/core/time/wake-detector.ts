import type { Clock } from './clock.js'

/** Milliseconds by which the wall clock must have run ahead; less is a correction of the clock. */
const NOTICEABLE = 10_000

/** Notices that the host slept: monotonic time stands still then, the wall clock does not. */
export class WakeDetector {
  readonly #clock: Clock
  #difference: number

  constructor(clock: Clock) {
    this.#clock = clock
    this.#difference = clock.wall() - clock.now()
  }

  /** Whether the host slept since the last call. */
  slept(): boolean {
    const difference = this.#clock.wall() - this.#clock.now()
    const ahead = difference - this.#difference
    this.#difference = difference
    return ahead > NOTICEABLE
  }
}
