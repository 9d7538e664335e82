import { type ErrorCode, QanatError } from '../api/errors.js'
import { redact } from '../api/redact.js'
import type { Link } from '../api/transport.js'
import type { Timer } from '../time/clock.js'
import { Attempt } from './attempt.js'
import { Backoff } from './backoff.js'
import type { ConnectorParts } from './connector-parts.js'

const HOPELESS: readonly ErrorCode[] = ['ERR_HOST_UNKNOWN', 'ERR_TRANSPORT_LISTEN']

/** What a search tells. */
export interface SearchHandlers {
  /** The search has a link open that proves nothing yet; undefined: no longer. */
  opened(link: Link | undefined): void
  /** The endpoint `index` answers by this link: the search is over. */
  found(index: number, link: Link): void
}

/**
 * Looks for an endpoint that answers: one after another, in order, with a pause after each round in which all
 * of them failed, for as long as it takes.
 */
export class EndpointRotation {
  readonly #parts: ConnectorParts
  readonly #handlers: SearchHandlers
  readonly #backoff: Backoff
  #attempt: Attempt | undefined
  #pause: Timer | undefined
  /** Attempts that failed since one succeeded. */
  #failures = 0
  /** Endpoints that could not even be tried in the first round. */
  #hopeless = 0
  #firstRound: { resolve(): void; reject(error: Error): void } | undefined

  constructor(parts: ConnectorParts, handlers: SearchHandlers) {
    this.#parts = parts
    this.#handlers = handlers
    this.#backoff = new Backoff(parts.random)
  }

  /**
   * Starts with the best endpoint. Resolves once a link is open, every endpoint was tried, or the search was
   * stopped.
   *
   * @throws TransportError ERR_HOST_UNKNOWN or ERR_TRANSPORT_LISTEN if no endpoint could even be tried, since
   * its host has no address or the local port is taken.
   */
  start(): Promise<void> {
    const opened = new Promise<void>((resolve, reject) => {
      this.#firstRound = { resolve, reject }
    })
    this.from(0)
    return opened
  }

  /** Looks on from the endpoint `index`. */
  from(index: number): void {
    this.#attempt = new Attempt(this.#parts, this.#parts.endpoints[index]!, false, {
      opened: (link) => {
        this.#handlers.opened(link)
        this.#firstRound?.resolve()
      },
      succeeded: (link) => {
        this.#attempt = undefined
        this.#failures = 0
        this.#handlers.found(index, link)
      },
      failed: (error) => {
        this.#attempt = undefined
        this.#handlers.opened(undefined)
        this.#failed(index, error)
      },
    })
  }

  /** Looks on from the endpoint `index` after a pause, whose milliseconds it returns. */
  later(index: number): number {
    const { clock, run } = this.#parts
    const pause = this.#backoff.next()
    this.#pause = clock.schedule(pause, () => run(() => this.from(index)))
    return Math.round(pause)
  }

  /** What was found is good: the next pause is short again. */
  resetBackoff(): void {
    this.#backoff.reset()
  }

  onAuthenticated(link: Link, probeReplies: readonly number[]): void {
    this.#attempt?.onAuthenticated(link, probeReplies)
  }

  closed(link: Link, error: Error | undefined): void {
    this.#attempt?.closed(link, error)
  }

  async stop(): Promise<void> {
    this.#pause?.cancel()
    this.#firstRound?.resolve()
    await this.#attempt?.cancel()
  }

  #failed(index: number, error: Error): void {
    const { endpoints, log } = this.#parts
    this.#failures++
    if (isHopeless(error)) this.#hopeless++
    const facts = { endpoint: redact(endpoints[index]!), why: error.message }
    if (this.#failures % endpoints.length !== 0) {
      log.warn('endpoint does not answer', facts)
      this.from((index + 1) % endpoints.length)
      return
    }
    log.warn('endpoint does not answer', { ...facts, retryInMs: this.later(0) })
    if (this.#hopeless === endpoints.length) this.#firstRound?.reject(error)
    else this.#firstRound?.resolve()
  }
}

/** What only the user can mend: the host has no address, or the local port is taken. */
function isHopeless(error: Error): boolean {
  return error instanceof QanatError && HOPELESS.includes(error.code)
}
