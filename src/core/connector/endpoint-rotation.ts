import { redact } from '../api/redact.js'
import type { Link } from '../api/transport.js'
import { factsOf, type ToldReason } from '../reasons/reason.js'
import type { Timer } from '../time/clock.js'
import { Attempt } from './attempt.js'
import { Backoff } from './backoff.js'
import type { ConnectorParts } from './connector-parts.js'
import { isImpossible } from './impossible.js'

/** What a search tells. */
export interface SearchHandlers {
  /** The search has a link open that proves nothing yet; undefined: no longer. */
  opened(link: Link | undefined): void
  /** The endpoint `index` answers by this link: the search is over. */
  found(index: number, link: Link): void
}

/**
 * Looks for an endpoint that answers: one after another, in order, with a pause after each round in which all
 * of them failed, for as long as it takes. One that can never be dialled is given up.
 */
export class EndpointRotation {
  readonly #parts: ConnectorParts
  readonly #handlers: SearchHandlers
  readonly #backoff: Backoff
  /** Which endpoints are given up. */
  readonly #givenUp = new Set<number>()
  #attempt: Attempt | undefined
  #pause: Timer | undefined
  /** Endpoints that failed in this round. */
  #failures = 0
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
   * @throws QanatError if every endpoint is given up.
   */
  start(): Promise<void> {
    const opened = new Promise<void>((resolve, reject) => {
      this.#firstRound = { resolve, reject }
    })
    this.from(0)
    return opened
  }

  /** Looks on from the endpoint `index`, or from the next one that is not given up. */
  from(index: number): void {
    const { endpoints, told } = this.#parts
    const usable = this.#usableFrom(index)
    if (usable === undefined) return
    this.#attempt = new Attempt(this.#parts, endpoints[usable]!, false, {
      opened: (link) => {
        this.#handlers.opened(link)
        this.#firstRound?.resolve()
        told?.({ kind: 'opened' })
      },
      succeeded: (link) => {
        this.#attempt = undefined
        this.#failures = 0
        this.#handlers.found(usable, link)
        told?.({ kind: 'found' })
      },
      failed: (error, reason) => {
        this.#attempt = undefined
        this.#handlers.opened(undefined)
        if (isImpossible(error)) this.#giveUp(usable, error, reason)
        else this.#failed(usable, error, reason)
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

  /** Whether the endpoint `index` is tried no more. */
  hasGivenUp(index: number): boolean {
    return this.#givenUp.has(index)
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

  #giveUp(index: number, error: Error, reason: ToldReason): void {
    const { endpoints, log, told } = this.#parts
    const endpoint = endpoints[index]!
    this.#givenUp.add(index)
    log.error('endpoint is given up until its configuration changes', {
      endpoint: redact(endpoint),
      ...factsOf(reason),
    })
    if (this.#givenUp.size === endpoints.length) this.#firstRound?.reject(error)
    else this.#goOn(index)
    told?.({ kind: 'given up', endpoint, error, reason })
  }

  #failed(index: number, error: Error, reason: ToldReason): void {
    const { endpoints, log, told } = this.#parts
    const endpoint = endpoints[index]!
    this.#failures++
    const facts = { endpoint: redact(endpoint), ...factsOf(reason) }
    if (this.#isRoundOver) log.warn('endpoint does not answer', { ...facts, retryInMs: this.#endRound() })
    else {
      log.warn('endpoint does not answer', facts)
      this.#goOn(index)
    }
    told?.({ kind: 'failed', endpoint, error, reason })
  }

  get #isRoundOver(): boolean {
    return this.#failures >= this.#parts.endpoints.length - this.#givenUp.size
  }

  /** Goes on behind the endpoint `index`. */
  #goOn(index: number): void {
    if (this.#isRoundOver) this.#endRound()
    else this.from((index + 1) % this.#parts.endpoints.length)
  }

  /** All that can be tried failed: pauses, and returns for how many milliseconds. */
  #endRound(): number {
    this.#firstRound?.resolve()
    this.#failures = 0
    return this.later(0)
  }

  #usableFrom(index: number): number | undefined {
    const count = this.#parts.endpoints.length
    for (let step = 0; step < count; step++) {
      const candidate = (index + step) % count
      if (!this.#givenUp.has(candidate)) return candidate
    }
    return undefined
  }
}
