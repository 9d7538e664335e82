import { customerOf } from '../../../core/ip/ip-network.js'

/** How often something is allowed. */
export interface Rate {
  /** Times per second, in the long run. */
  readonly perSecond: number
  /** Times at once. */
  readonly burst: number
}

/** A token bucket. */
export class RateLimit {
  readonly #rate: Rate
  #tokens: number
  #filledAt = 0

  constructor(rate: Rate) {
    this.#rate = rate
    this.#tokens = rate.burst
  }

  /** Whether one more is allowed now. */
  take(now: number): boolean {
    const { perSecond, burst } = this.#rate
    this.#tokens = Math.min(burst, this.#tokens + ((now - this.#filledAt) * perSecond) / 1000)
    this.#filledAt = now
    if (this.#tokens < 1) return false
    this.#tokens--
    return true
  }
}

/** Sources that are remembered; beyond them the one seen first is forgotten. */
const MAX_SOURCES = 4096

/** A limit for each source address. */
export class SourceLimits {
  readonly #rate: Rate
  readonly #limits = new Map<string, RateLimit>()

  constructor(rate: Rate) {
    this.#rate = rate
  }

  /** Whether one more is allowed now to the source with these address bytes. */
  take(source: Uint8Array, now: number): boolean {
    const key = Buffer.from(customerOf(source)).toString('latin1')
    let limit = this.#limits.get(key)
    if (limit === undefined) {
      limit = new RateLimit(this.#rate)
      this.#limits.set(key, limit)
      if (this.#limits.size > MAX_SOURCES) this.#limits.delete(this.#limits.keys().next().value!)
    }
    return limit.take(now)
  }
}
