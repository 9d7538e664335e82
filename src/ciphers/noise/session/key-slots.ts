import type { Deadline } from '../../../core/time/deadline.js'
import type { Remote } from '../handshake/protocol.js'
import { ERASE_AFTER } from '../wire/times.js'
import type { KeyPair } from './key-pair.js'

/** Milliseconds after a session began within which another one, started by the peer, was started at once with it. */
const CROSSING = 1000

/**
 * The sessions with one peer: the one that seals, the one before it, for what is still on its way, and the one
 * that the peer started and has not used yet. A responder seals with a session only after the initiator's first
 * authentic datagram, so that a replayed initiation leads to nothing. WireGuard's paper, section 6.
 *
 * If both ends start a session at once, both sessions come to be, and each end seals with its own first. Then
 * the end that ranks lower turns to the session of the other as soon as that is used; the other holds on to its
 * own for the moment this takes.
 */
export class KeySlots {
  readonly #discarded: (keyPair: KeyPair) => void
  readonly #deadline: Deadline
  #previous: KeyPair | undefined
  #current: KeyPair | undefined
  #next: KeyPair | undefined

  /**
   * @param discarded is told of each key pair that is used no more.
   * @param deadline is lowered to when a session is too old for any use.
   */
  constructor(discarded: (keyPair: KeyPair) => void, deadline: Deadline) {
    this.#discarded = discarded
    this.#deadline = deadline
  }

  /** The newest session that both ends have. */
  get current(): KeyPair | undefined {
    return this.#current
  }

  /** The session before that one. */
  get previous(): KeyPair | undefined {
    return this.#previous
  }

  /** The session that the peer started and has not used yet. */
  get next(): KeyPair | undefined {
    return this.#next
  }

  /** The key pair that seals now. */
  sealing(now: number): KeyPair | undefined {
    return this.#current?.seals(now) ? this.#current : undefined
  }

  /** Takes a session that this end started: its first datagram tells the peer. */
  started(keyPair: KeyPair): void {
    this.#shift(keyPair)
  }

  /** Takes a session that the peer started. */
  answered(keyPair: KeyPair): void {
    if (this.#next) this.#discarded(this.#next)
    this.#next = keyPair
    this.#deadline.lower(keyPair.createdAt + ERASE_AFTER)
  }

  /**
   * Notes that an authentic datagram came by `keyPair`.
   *
   * @param remote says whether, of two sessions started at once, the peer's is the one to keep.
   * @returns whether it is now the session that seals, and was not before.
   */
  used(keyPair: KeyPair, remote: Pick<Remote, 'winsTieBreak'>, now: number): boolean {
    if (keyPair !== this.#next) return false
    const current = this.#current
    if (!remote.winsTieBreak && current?.initiator && now - current.createdAt < CROSSING) return false
    this.#next = undefined
    this.#shift(keyPair)
    return true
  }

  /** Forgets the sessions that are too old for any use. */
  discardOld(now: number): void {
    const isOld = (keyPair: KeyPair | undefined) => keyPair && now - keyPair.createdAt >= ERASE_AFTER
    if (isOld(this.#previous)) this.#previous = this.#discard(this.#previous)
    if (isOld(this.#current)) this.#current = this.#discard(this.#current)
    if (isOld(this.#next)) this.#next = this.#discard(this.#next)
  }

  /** When the oldest session is too old for any use; Infinity if there is none. */
  get discardAt(): number {
    let oldest = Number.POSITIVE_INFINITY
    if (this.#previous) oldest = Math.min(oldest, this.#previous.createdAt)
    if (this.#current) oldest = Math.min(oldest, this.#current.createdAt)
    if (this.#next) oldest = Math.min(oldest, this.#next.createdAt)
    return oldest + ERASE_AFTER
  }

  /** Forgets all sessions. */
  clear(): void {
    this.#previous = this.#discard(this.#previous)
    this.#current = this.#discard(this.#current)
    this.#next = this.#discard(this.#next)
  }

  #shift(keyPair: KeyPair): void {
    this.#discard(this.#previous)
    this.#previous = this.#current
    this.#current = keyPair
    this.#deadline.lower(keyPair.createdAt + ERASE_AFTER)
  }

  #discard(keyPair: KeyPair | undefined): undefined {
    if (keyPair) this.#discarded(keyPair)
    return undefined
  }
}
