import type { Sessions } from '../api/cipher.js'
import { asError } from '../api/errors.js'
import { type Logger, wantsDebug } from '../api/logger.js'
import { nextProbeId } from '../api/probe-id.js'
import { redact } from '../api/redact.js'
import type { CarrierTraits, DialWait, Link } from '../api/transport.js'
import type { Connecting, Peer } from '../peers/peers.js'
import { codeOf, failure, type ToldReason, toldReason } from '../reasons/reason.js'
import { STEP_LIMITS } from '../settings/step-limits.js'
import type { Clock, Timer } from '../time/clock.js'
import { AttemptSteps, type StepOver } from './attempt-steps.js'
import { PROBE_INTERVAL } from './liveness.js'

/**
 * Milliseconds for a dial that names no step, and then for the proof that the peer answers, by what carriers are, and what
 * it means if there is none.
 */
export const LIMITS = {
  datagram: { unnamed: 3_000, proof: 3_000, unproven: 'handshake-silent' },
  stream: { unnamed: 6_000, proof: STEP_LIMITS.handshake, unproven: 'handshake-unanswered' },
} as const
/**
 * Milliseconds between the first initiations of a handshake within one attempt, doubled each time. Each one replaces
 * the last, whose answer is too late then, so there must be one that a slow path has the time to answer.
 */
const INITIATION_INTERVAL = 1_000
/** Probes in a row that a better endpoint has to answer. */
export const REPLIES_TO_FAIL_BACK = 3

/** What attempts share. */
export interface AttemptParts {
  readonly peer: Peer
  /** Opens a link to an endpoint whose datagrams and end the attempt is told of. */
  readonly dial: (endpoint: URL, wait: DialWait) => Promise<Link>
  /** How carriers to an endpoint behave. */
  readonly traits: (endpoint: URL) => CarrierTraits
  /** Absent if the cipher proves nothing: then an open link is all that can be had. */
  readonly sessions: Sessions | undefined
  readonly clock: Clock
  readonly log: Logger
  /** Does what is to be done now; what it throws ends the tunnel, and nothing is thrown here. */
  readonly run: (work: () => void) => void
}

/** How an attempt is told of. Exactly one of `succeeded` and `failed` is called, unless it is cancelled. */
export interface AttemptHandlers {
  /** The link is open, and nothing is proven yet. */
  opened?(link: Link): void
  succeeded(link: Link): void
  failed(error: Error, reason: ToldReason): void
}

/** Whether what comes by one link proves that the other one works: the same stream, or any UDP address. */
export function sameCarrier(a: Link | undefined, b: Link): boolean {
  return a === b || (a !== undefined && !a.stream && !b.stream)
}

/**
 * One attempt to reach a peer by one endpoint, bounded in time. It takes one authentic datagram by the new
 * link: the answer to a probe if there is a session, or else to a handshake, since the far end may have
 * restarted. With `probesOnly`, for an endpoint that is better than the one in use, it takes three probes in a
 * row that were answered, and starts no handshake, so that the session in use is left alone.
 */
export class Attempt {
  readonly endpoint: URL
  readonly #parts: AttemptParts
  readonly #probesOnly: boolean
  readonly #handlers: AttemptHandlers
  readonly #steps: AttemptSteps
  readonly #limits: (typeof LIMITS)[keyof typeof LIMITS]
  /** Ids of the probes so far. */
  readonly #probes: number[] = []
  /** The last probe that was answered, and how many in a row were. */
  #answered = -1
  #inARow = 0
  #initiations = 0
  #next: Timer | undefined
  #link: Link | undefined
  /** Links that ended, perhaps before this attempt came to know them. */
  readonly #ended = new WeakMap<Link, Error>()
  #over = false

  constructor(parts: AttemptParts, endpoint: URL, probesOnly: boolean, handlers: AttemptHandlers) {
    this.endpoint = endpoint
    this.#parts = parts
    this.#probesOnly = probesOnly
    this.#handlers = handlers
    this.#limits = LIMITS[parts.traits(endpoint).kind === 'datagram' ? 'datagram' : 'stream']
    this.#steps = new AttemptSteps({
      ...{ endpoint, clock: parts.clock, run: parts.run, ...this.#limits },
      begun: (step, limit) => this.#begun(step, limit),
      over: wantsDebug(parts.log) ? (step) => this.#tellOver(step) : undefined,
      late: (error) => this.#fail(error),
    })
    void this.#dial()
  }

  /** Something authentic came by `link`. */
  onAuthenticated(link: Link, probeReplies: readonly number[]): void {
    if (this.#over || !sameCarrier(this.#link, link)) return
    for (const id of probeReplies) {
      const probe = this.#probes.indexOf(id)
      if (probe < 0) continue
      this.#inARow = probe === this.#answered + 1 ? this.#inARow + 1 : 1
      this.#answered = probe
    }
    if (!this.#probesOnly || this.#inARow >= REPLIES_TO_FAIL_BACK) this.#succeed()
  }

  /** `link` ended. */
  closed(link: Link, error: Error = failure('handshake-closed')): void {
    if (link === this.#link) this.#fail(error)
    else if (this.#link === undefined) this.#ended.set(link, error)
  }

  /** When the step under way began: its last progress. */
  get progressAt(): number {
    return this.#steps.since
  }

  /** Why it failed, if it is given up now. */
  get lateReason(): ToldReason {
    return toldReason(this.#steps.late, this.#steps.name)
  }

  /** Gives up silently. Resolves once what was opened is closed; what opens later is closed then. */
  async cancel(): Promise<void> {
    if (this.#finish(failure('cancelled'))) await this.#giveUp()
  }

  #begun(step: Connecting, limit: number): void {
    const { log, peer } = this.#parts
    peer.attemptWaits(this, step)
    log.debug('connecting', { endpoint: redact(step.endpoint), waitingFor: step.name, limitMs: limit })
  }

  #tellOver({ error, facts, ms, name }: StepOver): void {
    const { log } = this.#parts
    const fields = { endpoint: redact(this.endpoint), step: name, ms, ...facts }
    if (error === undefined) log.debug('step done', fields)
    else log.debug('step failed', { ...fields, why: error.message, code: codeOf(error) })
  }

  async #dial(): Promise<void> {
    const { dial, run } = this.#parts
    try {
      const link = await dial(this.endpoint, this.#steps)
      if (this.#over) await link.close()
      else run(() => this.#opened(link))
    } catch (thrown) {
      run(() => this.#fail(asError(thrown)))
    }
  }

  #opened(link: Link): void {
    this.#link = link
    const end = this.#ended.get(link)
    if (end !== undefined) {
      this.#fail(end)
      return
    }
    this.#handlers.opened?.(link)
    if (this.#parts.sessions === undefined) this.#succeed()
    else {
      this.#steps.prove(this.#limits.proof, link)
      this.#prove(this.#parts.sessions, link)
    }
  }

  #prove(sessions: Sessions, link: Link): void {
    const { clock, peer } = this.#parts
    const now = clock.now()
    const id = nextProbeId()
    const probe = this.#probesOnly || this.#probes.length === 0 ? sessions.probe(peer.id, id, now) : undefined
    const interval = probe === undefined ? INITIATION_INTERVAL * 2 ** this.#initiations++ : PROBE_INTERVAL
    this.#next = this.#after(interval, () => this.#prove(sessions, link))
    // Sending comes last: a link may end by it, and the attempt with it.
    if (probe !== undefined) {
      this.#probes.push(id)
      peer.roundTrip.asked(id, now)
      link.send([probe])
    } else if (!this.#probesOnly) link.send(sessions.initiate(peer.id, now))
  }

  #succeed(): void {
    if (this.#finish()) this.#handlers.succeeded(this.#link!)
  }

  #fail(error: Error): void {
    if (!this.#finish(error)) return
    void this.#giveUp(error)
    this.#handlers.failed(error, toldReason(error, this.#steps.name))
  }

  #finish(error?: Error): boolean {
    if (this.#over) return false
    this.#over = true
    this.#steps.end(error)
    this.#next?.cancel()
    this.#parts.peer.attemptWaits(this, undefined)
    return true
  }

  async #giveUp(reason?: Error): Promise<void> {
    this.#steps.abort(reason)
    await this.#link?.close()
  }

  #after(delay: number, work: () => void): Timer {
    const { clock, run } = this.#parts
    return clock.schedule(delay, () => run(work))
  }
}
