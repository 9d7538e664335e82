/** Milliseconds between attempts to return to a better endpoint. */
export const RETURN_INTERVAL = 5_000
/** Milliseconds to stay away from an endpoint after returning to it failed; doubled each time. */
export const SHORTEST_STAY = 30_000
export const LONGEST_STAY = 600_000

/**
 * When to try which better endpoint than the one in use. An endpoint that was returned to and failed again is
 * left alone, each time for twice as long, so that a carrier that comes and goes does not take the tunnel with it
 * each time.
 */
export class FailbackBackoff {
  /** The endpoint in use; 0 is the best. */
  #used = 0
  #candidate = 0
  #due = Number.POSITIVE_INFINITY
  #stay = 0
  /** Answers in a row of the endpoint that is tried next. */
  #answers = 0
  /** The endpoint that was returned to, and when. */
  #returned: { readonly index: number; readonly at: number } | undefined

  /** When the next attempt is due; Infinity while the best endpoint is in use. */
  get due(): number {
    return this.#due
  }

  /** The endpoint `index` is in use now. */
  settled(index: number, now: number): void {
    // By another link: were its better ones to wait anew, links that are cut or renewed each 30 s would keep the peer there.
    if (index === this.#used) return
    this.#used = index
    this.#candidate = 0
    this.#answers = 0
    this.#due = index === 0 ? Number.POSITIVE_INFINITY : now + Math.max(RETURN_INTERVAL, this.#stay)
  }

  /** The endpoint to try now; the better ones take turns. */
  next(now: number): number {
    const index = this.#candidate
    this.#candidate = (index + 1) % this.#used
    this.#due = now + RETURN_INTERVAL
    return index
  }

  /** The endpoint `index` answered, and has the next turn as well. Returns how often in a row it did. */
  answered(index: number): number {
    this.#candidate = index
    return ++this.#answers
  }

  /** The endpoint that was tried last did not answer. */
  unanswered(): void {
    this.#answers = 0
  }

  /** An attempt brought the peer back to `index`. */
  returned(index: number, now: number): void {
    this.#returned = { index, at: now }
  }

  /** The endpoint `index` was lost. */
  lost(index: number, now: number): void {
    if (this.#returned?.index !== index) return
    const lasted = now - this.#returned.at
    this.#returned = undefined
    const failed = lasted < Math.max(SHORTEST_STAY, this.#stay)
    this.#stay = failed ? Math.min(LONGEST_STAY, Math.max(SHORTEST_STAY, 2 * this.#stay)) : 0
  }
}
