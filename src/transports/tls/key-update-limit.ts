import type { Clock } from '../../core/time/clock.js'

/** KeyUpdates that may come at a time; a remote that keeps to RFC 8446 section 5.5 sends one for some 100 GB. */
const AT_ONCE = 8
/** Milliseconds after which one more may come. */
const INTERVAL = 10_000

/** Bounds how often a remote has this end derive keys: each KeyUpdate is a few bytes to the one who sends it. */
export class KeyUpdateLimit {
  readonly #clock: Pick<Clock, 'now'>
  #left = AT_ONCE
  #since: number

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock
    this.#since = clock.now()
  }

  /** Whether one more may come now. To be asked once for each. */
  admits(): boolean {
    const due = Math.floor((this.#clock.now() - this.#since) / INTERVAL)
    this.#since += due * INTERVAL
    this.#left = Math.min(AT_ONCE, this.#left + due)
    if (this.#left === 0) return false
    this.#left--
    return true
  }
}
