import { redact } from '../api/redact.js'
import type { Link } from '../api/transport.js'
import type { Timer } from '../time/clock.js'
import { Attempt } from './attempt.js'
import type { ConnectorParts } from './connector-parts.js'
import { isImpossible } from './impossible.js'
import { Backoff } from './pace/backoff.js'

/** Why a link is replaced, and what is told of the one in its place. */
export const NARROWED = {
  cause: 'its route carries less than before',
  why: 'the route of the link before carries less',
}
export const AGED = { cause: 'links are cut at its age', why: 'the link before it was about to be cut' }
/** Either of them. */
export type RenewalCause = typeof NARROWED

/** How a renewal is told of. Exactly one of `succeeded` and `over` is called, unless it is cancelled. */
export interface RenewalHandlers {
  /** Whether it is to go on after an attempt that failed. */
  isWanted(): boolean
  /** It has a link open that proves nothing yet; undefined: no longer. */
  opened(link: Link | undefined): void
  /** As of an attempt. */
  succeeded(link: Link, trial: number | undefined): void
  /** It failed and is wanted no longer. */
  over(): void
}

/**
 * Opens a new link to an endpoint beside the one in use, as often as it takes: what narrowed a route may cut it off first, and what
 * cuts links at an age may not take new ones at that moment.
 */
export class Renewal {
  readonly #parts: ConnectorParts
  readonly #endpoint: URL
  readonly #cause: RenewalCause
  readonly #handlers: RenewalHandlers
  readonly #backoff: Backoff
  #attempt: Attempt | undefined
  #pause: Timer | undefined
  #link: Link | undefined
  #failures = 0

  constructor(parts: ConnectorParts, endpoint: URL, cause: RenewalCause, handlers: RenewalHandlers) {
    this.#parts = parts
    this.#endpoint = endpoint
    this.#cause = cause
    this.#handlers = handlers
    this.#backoff = new Backoff(parts.random)
    this.#try()
  }

  /** Whether an attempt is under way, rather than the pause after one. */
  get isUnderWay(): boolean {
    return this.#attempt !== undefined
  }

  /** The link that the attempt under way has open. */
  get link(): Link | undefined {
    return this.#link
  }

  onAuthenticated(link: Link, probeReplies: readonly number[]): void {
    this.#attempt?.onAuthenticated(link, probeReplies)
  }

  closed(link: Link, error: Error | undefined): void {
    this.#attempt?.closed(link, error)
  }

  /** Gives up silently. Resolves once what was opened is closed. */
  async cancel(): Promise<void> {
    this.#pause?.cancel()
    await this.#attempt?.cancel()
  }

  #try(): void {
    this.#attempt = new Attempt(this.#parts, this.#endpoint, 'renewal', {
      opened: (link) => {
        this.#link = link
        this.#handlers.opened(link)
      },
      succeeded: (link, trial) => {
        this.#attempt = undefined
        this.#handlers.succeeded(link, trial)
      },
      failed: (error) => this.#failed(error),
    })
  }

  #failed(error: Error): void {
    this.#attempt = undefined
    this.#link = undefined
    this.#handlers.opened(undefined)
    const { clock, log, run } = this.#parts
    const [endpoint, why] = [redact(this.#endpoint), error.message]
    if (this.#failures++ > 0) log.debug('link is not renewed', { endpoint, why })
    else log.info(`link is not renewed though ${this.#cause.cause}`, { endpoint, why })
    if (isImpossible(error) || !this.#handlers.isWanted()) this.#handlers.over()
    else this.#pause = clock.schedule(this.#backoff.next(), () => run(() => this.#goOn()))
  }

  #goOn(): void {
    if (this.#handlers.isWanted()) this.#try()
    else this.#handlers.over()
  }
}
