import type { Clock, Timer } from './clock.js'

/** Rings once at the earliest time that it was set to, and then waits to be set again. */
export class Alarm {
  readonly #clock: Clock
  readonly #ring: () => void
  #timer: Timer | undefined
  #due = Number.POSITIVE_INFINITY

  constructor(clock: Clock, ring: () => void) {
    this.#clock = clock
    this.#ring = ring
  }

  /**
   * Sets it to `due`, unless it rings earlier anyway: to ring too early once costs less than to move a timer
   * with each packet. Infinity changes nothing.
   */
  set(due: number, now: number): void {
    if (due >= this.#due) return
    this.#timer?.cancel()
    this.#due = due
    this.#timer = this.#clock.schedule(Math.max(0, due - now), () => {
      this.cancel()
      this.#ring()
    })
  }

  /** Idempotent. It may be set again. */
  cancel(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#due = Number.POSITIVE_INFINITY
  }
}
