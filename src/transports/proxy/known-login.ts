import type { Clock } from '../../core/time/clock.js'
import { Turns } from '../../core/time/turns.js'
import { inTurn } from '../net/within.js'
import type { Challenge } from './challenges.js'

/** Milliseconds. */
const HOUR = 3_600_000
/** Times an hour that a proxy may close the connection in answer to a login: it may be its way to refuse one, or it is broken. */
const MAX_CLOSES = 2
/** Times that a login is refused before it is not tried any more: accounts get locked. */
const MAX_REFUSALS = 2

/** What a proxy took: no login at all, Basic (or that of SOCKS5), or a Digest challenge that may be answered again under the next number. */
export type Accepted = { readonly scheme: 'none' } | { readonly scheme: 'basic' } | DigestInUse

/** RFC 7616 section 3.4: each answer under one nonce has its own number. */
export interface DigestInUse {
  readonly scheme: 'digest'
  readonly challenge: Challenge
  count: number
}

/**
 * What is known of one login at one proxy, from connection to connection: what it was taken by, so that later connections begin
 * with it, and how often it was refused.
 */
export class KnownLogin {
  /** Undefined while nothing is. */
  accepted: Accepted | undefined
  /** Whether the proxy ever asked for Digest, so that the password does not leave for it by Basic any more. */
  offeredDigest = false
  /** Whether the proxy ever answered that it wants a login. */
  asks = false
  readonly #clock: Clock
  #refusals = 0
  /** When the proxy closed a connection in answer to it. */
  #closes: readonly number[] = []
  readonly #turns = new Turns()
  #waiting = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /**
   * Whether the login was refused so often that it is not tried before a reload, or other credentials; or is not tried within the
   * hour, since the proxy answered by closes.
   */
  get isRefused(): boolean {
    return this.#refusals >= MAX_REFUSALS || this.#recentCloses().length >= MAX_CLOSES
  }

  /** Notes what the proxy took. That it wants no login for one target says nothing of a login that it refused for another. */
  took(accepted: Accepted): void {
    if (accepted.scheme !== 'none') this.forgive()
    this.accepted = accepted
  }

  /** Notes that the proxy refused the login. Returns whether it may be tried once more. */
  refused(): boolean {
    this.accepted = undefined
    this.#refusals++
    return !this.isRefused
  }

  /** Whether a connection logs in for which others wait. */
  get isBusy(): boolean {
    return this.accepted === undefined && this.#waiting > 0
  }

  /** Notes that the proxy closed a connection in answer to the login. Of one that it took before it says nothing. */
  closed(): void {
    if (this.accepted === undefined) this.#closes = [...this.#recentCloses(), this.#clock.now()]
  }

  /** Has the login tried again. */
  forgive(): void {
    this.#refusals = 0
    this.#closes = []
  }

  /**
   * Does what logs in, after all others that do so at this proxy, so that as many connections do not try as many wrong passwords.
   * Once a login was taken, nobody waits.
   */
  async inTurn<Value>(signal: AbortSignal, work: () => Promise<Value>): Promise<Value> {
    if (this.accepted !== undefined) return work()
    this.#waiting++
    try {
      return await inTurn(this.#turns, signal, work)
    } finally {
      this.#waiting--
    }
  }

  #recentCloses(): readonly number[] {
    const now = this.#clock.now()
    return this.#closes.filter((at) => now - at < HOUR)
  }
}
