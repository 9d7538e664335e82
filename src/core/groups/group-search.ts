import { Backoff } from '../connector/pace/backoff.js'
import type { SearchEvent } from '../connector/search-event.js'
import type { PeerGroup } from '../peers/peer-group.js'
import type { Peer } from '../peers/peers.js'
import type { Clock, Timer } from '../time/clock.js'
import type { Choice } from './choice.js'

/** Milliseconds without an answer after which the next member is called, too. */
export const NEXT_AFTER = 300

/** What a search depends on. */
export interface GroupSearchParts {
  readonly group: PeerGroup
  readonly choice: () => Choice
  /** Tries the endpoints of a member until one answers; the search is told how that goes. */
  readonly call: (member: Peer) => void
  /** Ends what `call` began: the member stands by. */
  readonly hangUp: (member: Peer) => void
  /** The proxies before a member's endpoints that ask for a login, by whatever tells them apart. */
  readonly logins: (member: Peer) => readonly string[]
  readonly clock: Clock
  /** Does what is to be done now; what it throws ends the tunnel. */
  readonly run: (work: () => void) => void
  /** Yields numbers from 0 to 1. */
  readonly random: () => number
}

/**
 * Keeps one member of a group reached. While none is, members are called by rank, the next one each NEXT_AFTER or as soon as
 * those that are called failed; the first that answers becomes the active one, and the others stand by again. The member that
 * was active is called all the while. Members that would log in at one proxy at a time take turns.
 */
export class GroupSearch {
  readonly #parts: GroupSearchParts
  /** Pauses before members that take turns do so again. */
  readonly #backoff: Backoff
  /** Those that are called, or reached. */
  readonly #called = new Set<Peer>()
  /** Those of which all endpoints failed; of members that take turns, since they were called. */
  readonly #failed = new Set<Peer>()
  /** Those that can never be reached as they are configured, and why. */
  readonly #impossible = new Map<Peer, Error>()
  #isOver = true
  /** Calls the next member. */
  #next: Timer | undefined
  /** Lets members that share a login change places. */
  #turn: Timer | undefined
  #start: { resolve(): void; reject(error: Error): void } | undefined

  constructor(parts: GroupSearchParts) {
    this.#parts = parts
    this.#backoff = new Backoff(parts.random)
  }

  /**
   * Begins. Resolves once a link to a member is open, all were tried, or it was stopped.
   *
   * @throws QanatError if no member can ever be reached.
   */
  start(): Promise<void> {
    const started = new Promise<void>((resolve, reject) => {
      this.#start = { resolve, reject }
    })
    this.#search(0)
    return started
  }

  /** Whether a member that answers is looked for. */
  get isOn(): boolean {
    return !this.#isOver
  }

  /** How the search for an endpoint of a member that was called goes. */
  told(member: Peer, event: SearchEvent): void {
    if (!this.#called.has(member)) return
    if (event.kind === 'opened') this.#start?.resolve()
    else if (event.kind === 'found') this.#found(member)
    else if (event.kind === 'lost') this.lost(member, event.isSilent)
    else if (event.kind === 'round over') this.#roundOver(member)
  }

  /** A member is reached no longer, and called again. One that fell silent was waited for long enough. */
  lost(member: Peer, isSilent = false): void {
    if (member === this.#parts.group.active && this.#isOver) this.#search(isSilent ? 0 : NEXT_AFTER)
  }

  /** A member that is called can never be reached as it is configured. */
  cannotReach(member: Peer, error: Error): void {
    this.#impossible.set(member, error)
    if (this.#parts.group.members.every((one) => this.#impossible.has(one))) this.#start?.reject(error)
    this.#roundOver(member)
  }

  /** Another member, which something else called, took the place of the active one. */
  replaced(by: Peer): void {
    this.#called.clear()
    this.#called.add(by)
  }

  /** Members came, changed, or left, who are called no longer. */
  changed(): void {
    const { group } = this.#parts
    for (const member of this.#called) if (!group.members.includes(member)) this.#called.delete(member)
    this.#failed.clear()
    this.#impossible.clear()
    this.#backoff.reset()
    if (!this.#isOver || !this.#called.has(group.active)) this.#search(0)
  }

  /** Those that are called go on to be; nobody else is. */
  stop(): void {
    this.#isOver = true
    this.#next?.cancel()
    this.#turn?.cancel()
    this.#turn = undefined
    this.#start?.resolve()
  }

  #search(after: number): void {
    this.#isOver = false
    this.#callLater(after)
  }

  #callLater(after: number): void {
    const { clock, run } = this.#parts
    this.#next?.cancel()
    this.#next = clock.schedule(after, () => run(() => this.#callNext()))
  }

  #callNext(): void {
    const next = this.#waiting.find((member) => this.#mayLogIn(member))
    if (next === undefined) return
    this.#called.add(next)
    this.#callLater(NEXT_AFTER)
    this.#parts.call(next)
  }

  /** Those that were not called, by rank. */
  get #waiting(): readonly Peer[] {
    const { choice, group } = this.#parts
    return choice()
      .ranked(group.members)
      .filter((one) => !this.#called.has(one) && !this.#failed.has(one) && !this.#impossible.has(one))
  }

  /** Whether nobody who is called goes through a proxy that would be told one login twice at a time. */
  #mayLogIn(member: Peer): boolean {
    return this.#sharingLogin(member, [...this.#called]).length === 0
  }

  /** Those that keep a member from being called while they are, or the other way round. */
  #sharingLogin(member: Peer, others: readonly Peer[]): readonly Peer[] {
    const { logins } = this.#parts
    const own = logins(member)
    return own.length === 0 ? [] : others.filter((other) => logins(other).some((one) => own.includes(one)))
  }

  /** Those that are not called since this member is. */
  #rivals(member: Peer): readonly Peer[] {
    const { members } = this.#parts.group
    const possible = members.filter((one) => !this.#called.has(one) && !this.#impossible.has(one))
    return this.#sharingLogin(member, possible)
  }

  /** All endpoints of a member failed. It goes on to be called, unless it keeps others from being so. */
  #roundOver(member: Peer): void {
    if (this.#isOver) return
    const { clock, group, run } = this.#parts
    this.#failed.add(member)
    if (group.members.every((one) => this.#failed.has(one) || this.#impossible.has(one)))
      this.#start?.resolve()
    const rivals = this.#rivals(member)
    if (rivals.some((one) => !this.#failed.has(one))) this.#makeRoom(member)
    else if (rivals.length > 0) {
      this.#turn ??= clock.schedule(this.#backoff.next(), () => run(() => this.#takeTurns()))
    }
    this.#callLater(0)
  }

  #makeRoom(member: Peer): void {
    this.#called.delete(member)
    this.#parts.hangUp(member)
  }

  /** Those that failed make room for others that did, which come first now. */
  #takeTurns(): void {
    this.#turn = undefined
    const tired = [...this.#called].filter((one) => this.#failed.has(one) && this.#rivals(one).length > 0)
    this.#failed.clear()
    for (const member of tired) {
      this.#failed.add(member)
      this.#makeRoom(member)
    }
    this.#callNext()
  }

  #found(member: Peer): void {
    const { choice, clock, group, hangUp } = this.#parts
    this.stop()
    this.#start = undefined
    this.#failed.clear()
    this.#backoff.reset()
    const [first] = choice().ranked(group.members)
    group.move(member, first === member ? 'it ranks first' : 'those before it do not answer', clock.now())
    for (const other of this.#called) {
      if (other === member) continue
      this.#called.delete(other)
      hangUp(other)
    }
  }
}
