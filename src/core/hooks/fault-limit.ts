/** Faults within FAULT_SPAN that are too many. */
export const MOST_FAULTS = 10

/** Milliseconds. */
export const FAULT_SPAN = 10_000

/** Tells a part that fails now and then from one that is broken. */
export class FaultLimit {
  /** When the last faults were, the oldest first. */
  readonly #times: number[] = []

  /** Notes a fault; returns whether it was one too many. */
  exceededAt(now: number): boolean {
    this.#times.push(now)
    if (this.#times.length < MOST_FAULTS) return false
    return now - this.#times.shift()! < FAULT_SPAN
  }
}
