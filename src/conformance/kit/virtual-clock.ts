import type { Clock, Timer } from '../../core/time/clock.js'

interface Pending extends Timer {
  readonly at: number
  readonly callback: () => void
}

/** A clock that stands still until a test advances it. */
export class VirtualClock implements Clock {
  readonly #start: number
  readonly #pending: Pending[] = []
  #now: number

  /** @param now What `now` and, added to 2024's start, `wall` begin with, in milliseconds. */
  constructor(now = 1_000_000) {
    this.#now = now
    this.#start = Date.UTC(2024, 0, 1)
  }

  /** Timers that wait. */
  get pending(): number {
    return this.#pending.length
  }

  /** When the next timer is due; Infinity if none waits. */
  get next(): number {
    return this.#pending[0]?.at ?? Number.POSITIVE_INFINITY
  }

  now(): number {
    return this.#now
  }

  wall(): number {
    return this.#start + this.#now
  }

  schedule(delay: number, callback: () => void): Timer {
    const at = this.#now + Math.max(0, delay)
    const timer: Pending = { at, callback, cancel: () => this.#remove(timer) }
    const behind = this.#pending.findIndex((other) => other.at > at)
    this.#pending.splice(behind < 0 ? this.#pending.length : behind, 0, timer)
    return timer
  }

  /**
   * Lets `milliseconds` pass: calls every timer that falls due meanwhile, those set on the way included, in the
   * order of their times and, at one time, of their making.
   */
  advance(milliseconds: number): void {
    const end = this.#now + milliseconds
    while (this.next <= end) {
      const timer = this.#pending.shift()!
      this.#now = timer.at
      timer.callback()
    }
    this.#now = end
  }

  #remove(timer: Pending): void {
    const index = this.#pending.indexOf(timer)
    if (index >= 0) this.#pending.splice(index, 1)
  }
}
