import type { Change } from './tunnel-watch.js'

/** Milliseconds for which notices are counted. */
const WINDOW = 60_000
/** The most notices in that time. */
export const MOST_NOTICES = 6

/** Lets a few notices pass in a minute, none of them twice, and counts the rest. */
export class NoticeLimit {
  #since = Number.NEGATIVE_INFINITY
  readonly #told = new Set<string>()
  #untold = 0

  /** Whether a change is to be told, at `now` in milliseconds. */
  admits(change: Change, now: number): boolean {
    if (now - this.#since >= WINDOW && this.#untold === 0) this.#begin(now)
    const { code, endpoint, file, kind, peer } = change
    const key = JSON.stringify([kind, file, peer, endpoint, code])
    if (this.#told.size >= MOST_NOTICES || this.#told.has(key)) {
      this.#untold++
      return false
    }
    this.#told.add(key)
    return true
  }

  /** How many changes no notice told of, once that minute is over; 0 if there is nothing to sum up. */
  summary(now: number): number {
    const count = this.#untold
    if (count === 0 || now - this.#since < WINDOW) return 0
    this.#begin(now)
    return count
  }

  #begin(now: number): void {
    this.#since = now
    this.#told.clear()
    this.#untold = 0
  }
}
