import { redact } from '../api/redact.js'
import type { Link } from '../api/transport.js'
import { factsOf, type ToldReason } from '../reasons/reason.js'
import { Attempt, REPLIES_TO_FAIL_BACK } from './attempt.js'
import type { ConnectorParts } from './connector-parts.js'
import { FailbackBackoff } from './pace/failback-backoff.js'

/** How a return is told of. */
export interface ReturnHandlers {
  /** Whether the endpoint `index` may be tried now. */
  admits(index: number): boolean
  /** The endpoint `index` answers, as an attempt says, and may be gone back to. */
  succeeded(index: number, link: Link, trial: number | undefined): void
  /** The endpoint `index` does not answer. */
  failed(index: number, reason: ToldReason): void
  /** An attempt is over, and the endpoint in use stays. */
  over(): void
}

/**
 * The way back to a better endpoint than the one in use, one attempt at a time. If another process may be there, which knows
 * nothing of the session in use, it takes the answers to three attempts in a row by handshakes of their own, of which the last
 * one's session is gone on with.
 */
export class Return {
  readonly #parts: ConnectorParts
  readonly #handlers: ReturnHandlers
  readonly #pace = new FailbackBackoff()
  #attempt: Attempt | undefined
  /** The link of that attempt. */
  #link: Link | undefined

  constructor(parts: ConnectorParts, handlers: ReturnHandlers) {
    this.#parts = parts
    this.#handlers = handlers
  }

  /** When the next attempt is due; Infinity while the best endpoint is in use. */
  get due(): number {
    return this.#pace.due
  }

  /** Whether an attempt is under way. */
  get isOn(): boolean {
    return this.#attempt !== undefined
  }

  /** Whether `link` is that of the attempt, by which the peer moves nowhere. */
  has(link: Link): boolean {
    return this.#link === link
  }

  /** The endpoint `index` is in use now. */
  settled(index: number, now: number): void {
    this.#pace.settled(index, now)
  }

  /** The endpoint `index` was lost. */
  lost(index: number, now: number): void {
    this.end()
    this.#pace.lost(index, now)
  }

  /** Tries a better endpoint. */
  try(now: number): void {
    const { endpoints, log } = this.#parts
    const index = this.#pace.next(now)
    if (!this.#handlers.admits(index)) return
    const endpoint = endpoints[index]!
    this.#attempt = new Attempt(this.#parts, endpoint, 'return', {
      opened: (link) => {
        this.#link = link
      },
      succeeded: (link, trial) => {
        this.#forget()
        if (trial === undefined || this.#pace.answered(index) >= REPLIES_TO_FAIL_BACK)
          this.#succeeded(index, link, trial)
        else this.#once(link, trial)
      },
      failed: (_error, reason) => {
        this.#forget()
        this.#pace.unanswered()
        log.debug('better endpoint does not answer', { endpoint: redact(endpoint), ...factsOf(reason) })
        this.#handlers.failed(index, reason)
        this.#handlers.over()
      },
    })
  }

  onAuthenticated(link: Link, probeReplies: readonly number[]): void {
    this.#attempt?.onAuthenticated(link, probeReplies)
  }

  closed(link: Link, error: Error | undefined): void {
    this.#attempt?.closed(link, error)
  }

  /** Gives up the attempt silently. Resolves once what it opened is closed. */
  async end(): Promise<void> {
    const attempt = this.#attempt
    this.#forget()
    await attempt?.cancel()
  }

  /** It answered, and has to answer more often. */
  #once(link: Link, trial: number): void {
    const { peer, sessions } = this.#parts
    sessions!.trials!.drop(peer.id, trial)
    void link.close()
    this.#handlers.over()
  }

  #succeeded(index: number, link: Link, trial: number | undefined): void {
    this.#pace.returned(index, this.#parts.clock.now())
    this.#handlers.succeeded(index, link, trial)
  }

  #forget(): void {
    this.#attempt = undefined
    this.#link = undefined
  }
}
