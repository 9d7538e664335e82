import type { SearchEvent } from '../connector/search-event.js'
import type { PeerGroup } from '../peers/peer-group.js'
import type { Peer } from '../peers/peers.js'
import type { Clock, Timer } from '../time/clock.js'
import type { Choice } from './choice.js'

/** Milliseconds that a member has to answer. */
export const ANSWER_LIMIT = 3_000
/** Milliseconds after which round trips are measured again, at the least; drawn up to half as long again, so that clients do not call together. */
export const MEASURED_FOR = 600_000

/** What the nearest member is found by. */
export interface NearestMemberParts {
  readonly group: PeerGroup
  /** Absent while round trips do not matter. */
  readonly isNearer: () => Choice['isNearer']
  /** Tries the endpoints of a member until one answers. */
  readonly call: (member: Peer) => void
  /** Ends what `call` began: the member stands by. */
  readonly hangUp: (member: Peer) => void
  /** A member that was called here took the place of the active one. */
  readonly moved: (to: Peer) => void
  readonly clock: Clock
  /** Does what is to be done now; what it throws ends the tunnel. */
  readonly run: (work: () => void) => void
  /** Yields numbers from 0 to 1. */
  readonly random: () => number
}

/**
 * Looks for a nearer member once one is reached, and every MEASURED_FOR from then on: those whose round trip was not measured
 * since are called one after another, beside the active one. One that is nearer takes its place; each other one stands by again.
 */
export class NearestMember {
  readonly #parts: NearestMemberParts
  /** Those that are to be called. */
  #waiting: Peer[] = []
  #called: Peer | undefined
  /** Gives up the one that is called, or begins anew. */
  #timer: Timer | undefined

  constructor(parts: NearestMemberParts) {
    this.#parts = parts
  }

  /** The active member is reached. */
  start(): void {
    const { clock, group, isNearer } = this.#parts
    this.stop()
    if (isNearer() === undefined) return
    const since = clock.now() - MEASURED_FOR
    this.#waiting = group.members.filter((one) => one !== group.active && one.roundTrip.at < since)
    this.#next()
  }

  /** How the search for an endpoint of a member goes; of others than the one that is called nothing comes of it. */
  told(member: Peer, { kind }: SearchEvent): void {
    if (member !== this.#called) return
    if (kind === 'found') this.#found(member)
    else if (kind === 'round over') this.failed(member)
  }

  /** A member cannot be reached. */
  failed(member: Peer): void {
    if (member !== this.#called) return
    this.#hangUp()
    this.#next()
  }

  /** Idempotent. The member that is called stands by again. */
  stop(): void {
    this.#waiting = []
    this.#timer?.cancel()
    this.#hangUp()
  }

  #next(): void {
    const { call, clock, random, run } = this.#parts
    const member = this.#waiting.shift()
    if (member === undefined) {
      const after = Math.round(MEASURED_FOR * (1 + random() / 2))
      this.#timer = clock.schedule(after, () => run(() => this.start()))
      return
    }
    this.#called = member
    this.#timer = clock.schedule(ANSWER_LIMIT, () => run(() => this.failed(member)))
    call(member)
  }

  #found(member: Peer): void {
    const { clock, group, hangUp, isNearer, moved } = this.#parts
    const { active } = group
    if (isNearer()?.(member, active) === true) {
      this.#timer?.cancel()
      this.#called = undefined
      group.move(member, 'it is nearer', clock.now())
      moved(member)
      hangUp(active)
    } else this.#hangUp()
    this.#next()
  }

  #hangUp(): void {
    const called = this.#called
    if (called === undefined) return
    this.#timer?.cancel()
    this.#called = undefined
    this.#parts.hangUp(called)
  }
}
