import { redact } from '../api/redact.js'
import type { Link } from '../api/transport.js'
import { factsOf, type ToldReason } from '../reasons/reason.js'
import type { Timer } from '../time/clock.js'
import type { ConnectorParts } from './connector-parts.js'
import { FailureLog } from './failure-log.js'
import { isImpossible } from './impossible.js'
import { Backoff } from './pace/backoff.js'
import { EndpointHolds } from './pace/endpoint-holds.js'
import { Race } from './race.js'

/** Milliseconds between looks at whether somebody set the clock, while endpoints are left alone for what it says. */
const CLOCK_LOOK = 5_000
/** Milliseconds: networks that come and go without end, as those of containers do, hurry nobody more often. */
const LEAST_BETWEEN_HURRIES = 30_000

/** What is another now: networks of the host, what is configured, or a login page that is no longer in the way. */
export type HurryCause = 'network' | 'reload' | 'portal'

/** What a search tells. */
export interface SearchHandlers {
  /** The search has a link open that proves nothing yet; undefined: no longer. */
  opened(link: Link | undefined): void
  /** The endpoint `index` answers by this link, as an attempt says: the search is over. */
  found(index: number, link: Link, trial: number | undefined): void
}

/**
 * Looks for an endpoint that answers: one after another, in order, a second one alongside once the first makes no progress, with a
 * pause after each round in which all of them failed, for as long as it takes. One that can never be dialled is given up, and one that failed by what takes
 * somebody to mend it is left alone for longer.
 */
export class EndpointRotation {
  readonly #parts: ConnectorParts
  readonly #handlers: SearchHandlers
  readonly #backoff: Backoff
  readonly #holds: EndpointHolds
  readonly #log: FailureLog
  /** Which endpoints are given up. */
  readonly #givenUp = new Set<number>()
  readonly #race: Race
  /** The endpoint that was tried last. */
  #last = 0
  #pause: Timer | undefined
  /** When the pause ends; undefined if there is none. */
  #resumes: number | undefined
  /** Endpoints that failed in this round. */
  readonly #failed = new Set<number>()
  #firstRound: { resolve(): void; reject(error: Error): void } | undefined
  /** When a change of the network last had all be tried at once. */
  #hurried = Number.NEGATIVE_INFINITY

  constructor(parts: ConnectorParts, handlers: SearchHandlers) {
    this.#parts = parts
    this.#handlers = handlers
    this.#backoff = new Backoff(parts.random)
    this.#holds = new EndpointHolds(parts.clock)
    this.#log = new FailureLog(parts.log)
    this.#race = new Race(parts, {
      opened: (link) => this.#opened(link),
      won: (index, link, trial) => this.#won(index, link, trial),
      failed: (index, error, reason) => {
        if (isImpossible(error)) this.#giveUp(index, error, reason)
        else this.#fails(index, error, reason)
      },
      overtaken: (index, reason) => this.#note(index, reason),
      stalled: () => this.#tryAlongside(),
    })
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

  /** Looks on from the endpoint `index`, or from the next one that may be tried. */
  from(index: number): void {
    if (this.#givenUp.size === this.#parts.endpoints.length) return
    const usable = this.#usableFrom(index)
    if (usable === undefined) this.#waitForHolds()
    else this.#try(usable)
  }

  /** Looks on from the endpoint `index` after a pause, whose milliseconds it returns. */
  later(index: number): number {
    const pause = this.#backoff.next()
    this.#after(pause, () => this.from(index))
    return Math.round(pause)
  }

  /** Whether the endpoint `index` is not to be tried now. */
  isLeftAlone(index: number): boolean {
    return this.#givenUp.has(index) || this.#holds.until(index) !== undefined
  }

  /** When the endpoint `index` is tried next, as far as that is known. */
  nextAttempt(index: number): number | undefined {
    return this.#givenUp.has(index) ? undefined : (this.#holds.until(index) ?? this.#resumes)
  }

  /** The endpoint `index`, which is better than the one in use, does not answer. */
  fails(index: number, reason: ToldReason): void {
    const { clock, endpoints, peer } = this.#parts
    this.#holds.failed(index, reason.code)
    peer.attemptFailed(endpoints[index]!, reason, clock.now())
  }

  #note(index: number, reason: ToldReason, facts: Readonly<Record<string, unknown>> = {}): void {
    const { clock, endpoints, peer } = this.#parts
    const endpoint = endpoints[index]!
    const now = clock.now()
    peer.attemptFailed(endpoint, reason, now)
    this.#log.failed(endpoint, reason, facts, now)
  }

  /** The endpoint `index` answered. */
  answered(index: number): void {
    const endpoint = this.#parts.endpoints[index]!
    this.#holds.answered(index)
    this.#log.answered(endpoint)
    this.#parts.peer.attemptSucceeded(endpoint)
  }

  /** Something is another now that endpoints may have failed by: a pause ends, and what was left alone is tried. */
  hurry(cause: HurryCause): void {
    const now = this.#parts.clock.now()
    if (cause === 'network' && now - this.#hurried < LEAST_BETWEEN_HURRIES) return
    this.#hurried = now
    this.#holds.release(cause !== 'reload')
    this.#race.watch()
    if (this.#resumes === undefined) return
    this.#endPause()
    this.#backoff.reset()
    this.from(0)
  }

  /** What was found is good: the next pause is short again. */
  resetBackoff(): void {
    this.#backoff.reset()
  }

  onAuthenticated(link: Link, probeReplies: readonly number[]): void {
    this.#race.onAuthenticated(link, probeReplies)
  }

  closed(link: Link, error: Error | undefined): void {
    this.#race.closed(link, error)
  }

  async stop(): Promise<void> {
    this.#endPause()
    this.#endStart()
    await this.#race.cancel()
  }

  #try(index: number): void {
    this.#last = index
    this.#race.try(index)
  }

  /** Tries the next endpoint beside one that makes no progress, if there is one that may be. */
  #tryAlongside(): void {
    const next = this.#usableFrom(this.#last + 1, (index) => this.#race.admits(index))
    if (next !== undefined) this.#try(next)
  }

  /** Goes on after the endpoint `index`: at once, or once what is under way makes no progress. */
  #goOnAfter(index: number): void {
    if (this.#race.isOn) this.#race.watch()
    else this.from(index + 1)
  }

  #opened(link: Link | undefined): void {
    this.#handlers.opened(link)
    if (link === undefined) return
    this.#endStart()
    this.#parts.told?.({ kind: 'opened' })
  }

  #won(index: number, link: Link, trial: number | undefined): void {
    this.#failed.clear()
    this.answered(index)
    this.#handlers.found(index, link, trial)
    this.#parts.told?.({ kind: 'found' })
  }

  /** Settles what the start waits for, and returns whether it still did. */
  #endStart(error?: Error): boolean {
    const start = this.#firstRound
    this.#firstRound = undefined
    if (error === undefined) start?.resolve()
    else start?.reject(error)
    return start !== undefined
  }

  #giveUp(index: number, error: Error, reason: ToldReason): void {
    const { clock, endpoints, log, peer, told } = this.#parts
    const endpoint = endpoints[index]!
    this.#givenUp.add(index)
    peer.attemptFailed(endpoint, reason, clock.now())
    log.error('endpoint is given up until its configuration changes', {
      endpoint: redact(endpoint),
      ...factsOf(reason),
    })
    const isRoundOver = this.#isRoundOver
    const failsStart = this.#givenUp.size === endpoints.length && this.#endStart(error)
    if (this.#givenUp.size < endpoints.length) {
      if (isRoundOver) this.#endRound()
      else this.#goOnAfter(index)
    }
    told?.({ kind: 'given up', endpoint, error, reason })
    if (isRoundOver && !failsStart) told?.({ kind: 'round over' })
  }

  #fails(index: number, error: Error, reason: ToldReason): void {
    const { endpoints, told } = this.#parts
    const endpoint = endpoints[index]!
    this.#failed.add(index)
    this.#holds.failed(index, reason.code)
    const isRoundOver = this.#isRoundOver
    if (isRoundOver) this.#note(index, reason, { retryInMs: this.#endRound() })
    else {
      this.#note(index, reason)
      this.#goOnAfter(index)
    }
    told?.({ kind: 'failed', endpoint, error, reason })
    if (isRoundOver) told?.({ kind: 'round over' })
  }

  /** Whether no endpoint that may be tried is left in this round. */
  get #isRoundOver(): boolean {
    return this.#parts.endpoints.every((_, index) => this.#failed.has(index) || this.isLeftAlone(index))
  }

  /** All that can be tried failed: pauses, and returns for how many milliseconds. */
  #endRound(): number {
    this.#endStart()
    this.#failed.clear()
    return this.#usableFrom(0) === undefined ? this.#waitForHolds() : this.later(0)
  }

  /** Pauses until the first endpoint may be tried again, and returns for how many milliseconds. */
  #waitForHolds(): number {
    const { clock, endpoints } = this.#parts
    const ends = endpoints.flatMap((_, index) => this.#holds.until(index) ?? [])
    const end = Math.min(...ends)
    const pause = end - clock.now()
    const goOn = () => {
      if (clock.now() >= end || this.#holds.releaseByClock()) this.from(0)
      else this.#after(Math.min(CLOCK_LOOK, end - clock.now()), goOn, end)
    }
    this.#holds.releaseByClock() // a clock that was set before is no news
    this.#after(Math.min(CLOCK_LOOK, pause), goOn, end)
    return Math.round(pause)
  }

  #after(pause: number, work: () => void, resumes = this.#parts.clock.now() + pause): void {
    const { clock, run } = this.#parts
    this.#resumes = resumes
    this.#pause = clock.schedule(pause, () =>
      run(() => {
        this.#resumes = undefined
        work()
      }),
    )
  }

  #endPause(): void {
    this.#pause?.cancel()
    this.#resumes = undefined
  }

  /** The first endpoint from `index` on, in turn, that may be tried and did not fail in this round. */
  #usableFrom(index: number, isWanted = (_: number) => true): number | undefined {
    const count = this.#parts.endpoints.length
    for (let step = 0; step < count; step++) {
      const candidate = (index + step) % count
      if (this.#failed.has(candidate) || this.isLeftAlone(candidate)) continue
      if (isWanted(candidate)) return candidate
    }
    return undefined
  }
}
