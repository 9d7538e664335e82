import { customerOf } from '../../../core/ip/ip-network.js'
import type { Rate } from './rate-limit.js'

/**
 * A limit for all sources together that none of them can use up. It counts as if what is allowed waited in one queue
 * for each source, and the queues took turns at `perSecond`. There are `burst` places. A source is refused once as
 * many wait for it as there are places left (Choudhury and Hahne, "Dynamic Queue Length Thresholds", 1998), so that one
 * that floods takes half of them. Half as many more are kept for sources for which nothing waits: while fewer than that
 * flood, each other one finds a place. Only sources for which something waits are remembered, 1.5 `burst` at the most.
 */
export class FairTurns {
  readonly #rate: Rate
  /** How many wait for a source. The first source is the next whose turn it is. */
  readonly #waiting = new Map<string, number>()
  /** Places of those for whom nothing waits. */
  readonly #kept: number
  /** Places that are left, the kept ones included. */
  #places: number
  /** Turns that are due: a part of one after `#letPass`, 0 if nothing waits. */
  #turns = 0
  #countedAt = 0

  constructor(rate: Rate) {
    this.#rate = rate
    this.#kept = rate.burst / 2
    this.#places = rate.burst + this.#kept
  }

  /** How many sources are remembered. */
  get sources(): number {
    return this.#waiting.size
  }

  /** Whether one more is allowed now to the source with these address bytes. */
  take(address: Uint8Array, now: number): boolean {
    this.#letPass(now)
    const source = customerOf(address).join('.')
    const waiting = this.#waiting.get(source) ?? 0
    if (waiting >= this.#places - (waiting === 0 ? 0 : this.#kept)) return false
    this.#waiting.set(source, waiting + 1)
    this.#places--
    return true
  }

  /** Gives the turns that have come since the last call. */
  #letPass(now: number): void {
    this.#turns += ((now - this.#countedAt) * this.#rate.perSecond) / 1000
    this.#countedAt = now
    for (const [source, waiting] of this.#waiting) {
      if (this.#turns < 1) return
      this.#turns--
      this.#places++
      this.#waiting.delete(source)
      if (waiting > 1) this.#waiting.set(source, waiting - 1)
    }
    this.#turns = 0
  }
}
