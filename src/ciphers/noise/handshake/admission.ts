import type { Link } from '../../../core/api/transport.js'
import type { CookieIssuer } from './cookies.js'
import { FairTurns } from './fair-turns.js'
import { RateLimit, SourceLimits } from './rate-limit.js'

/**
 * Initiations that are worked on while nobody has proven an address. Each costs at least one agreement of keys.
 */
const UNAUTHENTICATED = { perSecond: 500, burst: 500 }
/** Initiations of all who have proven their addresses, by a cookie or a stream, who take turns beyond that. */
const PROVEN = { perSecond: 500, burst: 500 }
/** Initiations of one address that a cookie proved, as wireguard-go allows. */
const PER_SOURCE = { perSecond: 20, burst: 5 }
/** Initiations of one stream, whose peer has no reason for more. */
const PER_STREAM = { perSecond: 2, burst: 5 }

/** What is done about an initiation: read it, drop it, or ask for a proof that its sender is where it says. */
export type Verdict = 'admitted' | 'limited' | 'unauthenticated'

/** Keeps those who ask for handshakes from wearing this end out. WireGuard's paper, section 5.3. */
export class Admission {
  readonly #cookies: CookieIssuer
  readonly #unauthenticated = new RateLimit(UNAUTHENTICATED)
  readonly #proven = new FairTurns(PROVEN)
  readonly #sources = new SourceLimits(PER_SOURCE)
  readonly #streams = new WeakMap<Link, RateLimit>()

  constructor(cookies: CookieIssuer) {
    this.#cookies = cookies
  }

  /** Judges an initiation whose mac1 is right. */
  judge(initiation: Uint8Array, link: Link, now: number): Verdict {
    if (!link.stream) {
      if (this.#unauthenticated.take(now)) return 'admitted'
      if (!this.#cookies.proves(initiation, link.source, now)) return 'unauthenticated'
    }
    const allowed = link.stream ? this.#streamAllows(link, now) : this.#sources.take(link.source, now)
    return allowed && this.#proven.take(link.source, now) ? 'admitted' : 'limited'
  }

  #streamAllows(link: Link, now: number): boolean {
    let limit = this.#streams.get(link)
    if (limit === undefined) {
      limit = new RateLimit(PER_STREAM)
      this.#streams.set(link, limit)
    }
    return limit.take(now)
  }
}
