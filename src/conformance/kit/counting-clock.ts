import type { Clock, Timer } from '../../core/time/clock.js'
import { systemClock } from '../../core/time/system-clock.js'

/** The host's clock, which knows how many of its timers wait. */
export class CountingClock implements Clock {
  readonly #waiting = new Set<object>()

  /** Timers that wait. */
  get pending(): number {
    return this.#waiting.size
  }

  now(): number {
    return systemClock.now()
  }

  wall(): number {
    return systemClock.wall()
  }

  schedule(delay: number, callback: () => void): Timer {
    const key = {}
    this.#waiting.add(key)
    const timer = systemClock.schedule(delay, () => {
      this.#waiting.delete(key)
      callback()
    })
    return {
      cancel: () => {
        this.#waiting.delete(key)
        timer.cancel()
      },
    }
  }
}
