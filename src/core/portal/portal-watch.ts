import type { Logger } from '../api/logger.js'
import { redactedUrl } from '../api/redact.js'
import { factsOf, pageOf, type ToldReason } from '../reasons/reason.js'
import type { Clock } from '../time/clock.js'

/** How codes of reasons begin that tell of a login page. */
const OF_PORTALS = 'portal-'

/** A login page that is in the way of all dials. */
export interface Portal {
  /** In the time of the clock. */
  readonly since: number
  readonly reason: ToldReason
  /** Host and port that were asked when it answered. */
  readonly host: string
  /** Where it is, as far as it told: a URL of `http:` or `https:` in ASCII, without a user and a password. */
  readonly page: string | undefined
}

/** What watching for login pages depends on. */
export interface PortalWatchParts {
  readonly clock: Pick<Clock, 'now'>
  readonly log: Logger
  /** Whether any peer is reached that was dialled, so that the network lets this host pass. */
  readonly isReached: () => boolean
}

/**
 * Whether a login page of the network is in the way, as the answers to dials show: from the first one of its kind until each
 * endpoint that told of it fails by something else, a peer answers, or the network changes.
 */
export class PortalWatch {
  readonly #parts: PortalWatchParts
  /** By endpoint what was seen there last, if that was a login page. As many as the configuration has. */
  readonly #signs = new Map<URL, Omit<Portal, 'since'>>()
  #since = 0
  /** Whether the log has it that there is one. */
  #isTold = false

  constructor(parts: PortalWatchParts) {
    this.#parts = parts
  }

  /** The one that is in the way; undefined if none is. */
  get portal(): Portal | undefined {
    const [sign] = this.#signs.values()
    return sign && { ...sign, since: this.#since }
  }

  /** Nothing came of dialling an endpoint. */
  failed(endpoint: URL, error: Error, reason: ToldReason): void {
    const { clock, isReached } = this.#parts
    if (!reason.code.startsWith(OF_PORTALS) || isReached()) {
      this.#signs.delete(endpoint)
      this.#tellEnd(reason.text)
      return
    }
    if (this.#signs.size === 0) this.#since = clock.now()
    this.#signs.set(endpoint, { reason, host: endpoint.host, page: pageOf(error) })
    this.#tellBegin()
  }

  /** Whatever was in the way is not, or it has to be found out anew. Idempotent. */
  end(why: string): void {
    this.#signs.clear()
    this.#tellEnd(why)
  }

  #tellBegin(): void {
    if (this.#isTold) return
    this.#isTold = true
    const { host, page, reason } = this.portal!
    // The query of its address may be what this host is known by.
    const there = page === undefined ? {} : { page: redactedUrl(new URL(page)) }
    this.#parts.log.warn('a login page is in the way', { asked: host, ...there, ...factsOf(reason) })
  }

  #tellEnd(why: string): void {
    if (!this.#isTold || this.#signs.size > 0) return
    this.#isTold = false
    this.#parts.log.info('no login page is in the way any more', { why })
  }
}
