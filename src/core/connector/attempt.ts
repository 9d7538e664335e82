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
/** Milliseconds until an initiation that the cipher did not make is asked for again. */
const NOT_NOW = 50
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

/** What an attempt is for: to reach the peer, to open another link beside the one in use, or to return to a better endpoint. */
export type Purpose = 'search' | 'renewal' | 'return'

/** How an attempt is told of. Exactly one of `succeeded` and `failed` is called, unless it is cancelled. */
export interface AttemptHandlers {
  /** The link is open, and nothing is proven yet. */
  opened?(link: Link): void
  /** @param trial the handshake that proved it, whose session is to be adopted; undefined if the session in use did. */
  succeeded(link: Link, trial: number | undefined): void
  failed(error: Error, reason: ToldReason): void
}

/** Whether what comes by one link proves that the other one works: the same stream, or any UDP address. */
export function sameCarrier(a: Link | undefined, b: Link): boolean {
  return a === b || (a !== undefined && !a.stream && !b.stream)
}

/**
 * One attempt to reach a peer by one endpoint, bounded in time. It takes an answer to what it sent itself by the new
 * link: to a probe if there is a session, or else to a handshake of its own, since the far end may have
 * restarted. Nothing else that is authentic proves it, be it another attempt's answer; only if the cipher has no trials,
 * whatever comes by such a carrier does. To return to a better endpoint takes three probes in a
 * row that were answered, and no handshake. If the peer's identity is shared, another process may be at each endpoint, which knows
 * nothing of the session: a handshake is begun at once, also to return.
 */
export class Attempt {
  readonly endpoint: URL
  readonly #parts: AttemptParts
  readonly #purpose: Purpose
  readonly #handlers: AttemptHandlers
  readonly #steps: AttemptSteps
  readonly #limits: (typeof LIMITS)[keyof typeof LIMITS]
  /** Ids of the probes so far. */
  readonly #probes: number[] = []
  /** The last probe that was answered, and how many in a row were. */
  #answered = -1
  #inARow = 0
  #initiations = 0
  /** The handshake of its own that was begun last. */
  #trial: number | undefined
  #next: Timer | undefined
  #link: Link | undefined
  /** Links that ended, perhaps before this attempt came to know them. */
  readonly #ended = new WeakMap<Link, Error>()
  #over = false

  constructor(parts: AttemptParts, endpoint: URL, purpose: Purpose, handlers: AttemptHandlers) {
    this.endpoint = endpoint
    this.#parts = parts
    this.#purpose = purpose
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
      if (id === this.#trial) {
        this.#succeed(id)
        return
      }
      const probe = this.#probes.indexOf(id)
      if (probe < 0) continue
      this.#inARow = probe === this.#answered + 1 ? this.#inARow + 1 : 1
      this.#answered = probe
    }
    const wanted = this.#purpose === 'return' ? REPLIES_TO_FAIL_BACK : this.#proves === 'any' ? 0 : 1
    if (this.#inARow >= wanted) this.#succeed()
  }

  /** What proves it: answers to what it sent, or anything authentic. */
  get #proves(): 'answers' | 'any' {
    return this.#parts.sessions?.trials === undefined ? 'any' : 'answers'
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
    const { sessions } = this.#parts
    if (sessions === undefined) {
      this.#handlers.opened?.(link)
      this.#succeed()
      return
    }
    // Before anybody else has the cipher begin a handshake, soon after which it begins no other.
    const first = this.#questions(sessions).map((datagram) => Uint8Array.from(datagram))
    this.#handlers.opened?.(link)
    if (this.#over) return
    this.#steps.prove(this.#limits.proof, link)
    link.send(first)
  }

  /** What the peer is asked by the new link now; it is asked again after a while. */
  #questions(sessions: Sessions): readonly Uint8Array[] {
    const isShared = this.#parts.peer.sharedIdentity && sessions.trials !== undefined
    const returns = this.#purpose === 'return' && !isShared
    const isFirst = this.#probes.length === 0 && !isShared
    const probe = returns || isFirst ? this.#probe(sessions) : undefined
    if (probe !== undefined || returns) {
      this.#askAfter(PROBE_INTERVAL, sessions)
      return probe === undefined ? [] : [probe]
    }
    const initiation = this.#initiation(sessions)
    this.#askAfter(initiation.length > 0 ? INITIATION_INTERVAL * 2 ** this.#initiations++ : NOT_NOW, sessions)
    return initiation
  }

  #askAfter(milliseconds: number, sessions: Sessions): void {
    // Sending comes last: a link may end by it, and the attempt with it.
    this.#next = this.#after(milliseconds, () => this.#link!.send(this.#questions(sessions)))
  }

  #probe(sessions: Sessions): Uint8Array | undefined {
    const { clock, peer } = this.#parts
    const [id, now] = [nextProbeId(), clock.now()]
    const probe = sessions.probe(peer.id, id, now)
    if (probe === undefined) return undefined
    this.#probes.push(id)
    peer.roundTrip.asked(id, now)
    return probe
  }

  /** The initiation of a handshake, which takes the place of the last one; none if there may be none now. */
  #initiation(sessions: Sessions): readonly Uint8Array[] {
    const { clock, peer } = this.#parts
    const now = clock.now()
    if (sessions.trials === undefined) return sessions.initiate(peer.id, now)
    const id = nextProbeId()
    const initiation = sessions.trials.begin(peer.id, id, this.#purpose !== 'search', now)
    if (initiation === undefined) return []
    this.#dropTrial()
    this.#trial = id
    peer.roundTrip.asked(id, now)
    return [initiation]
  }

  #dropTrial(): void {
    const { peer, sessions } = this.#parts
    if (this.#trial !== undefined) sessions!.trials!.drop(peer.id, this.#trial)
    this.#trial = undefined
  }

  #succeed(trial?: number): void {
    if (trial !== undefined) this.#trial = undefined // it is the handlers' now
    if (this.#finish()) this.#handlers.succeeded(this.#link!, trial)
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
    this.#dropTrial()
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
