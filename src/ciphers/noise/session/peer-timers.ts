import type { Deadline } from '../../../core/time/deadline.js'
import { JITTER, KEEPALIVE_AFTER, REKEY_TIMEOUT, SILENCE_AFTER } from '../wire/times.js'

const NEVER = Number.POSITIVE_INFINITY

/** Up to 1, at random. */
export type Chance = () => number

/**
 * When what is due to one peer: moments in the time of `now`, Infinity for never. Events move them; doing
 * what was due moves them on. WireGuard's paper, section 6; wireguard-go, device/timers.go.
 */
export class PeerTimers {
  /** The initiation is sent again. */
  retryAt = NEVER
  /** A keepalive answers data, if nothing else did. */
  keepaliveAt = NEVER
  /** A handshake is started because nothing answers data. */
  silenceAt = NEVER
  /** A keepalive is sent because the user wants them. */
  persistentAt = NEVER
  #persistent: number
  readonly #chance: Chance
  readonly #deadline: Deadline
  /** Milliseconds of silence; drawn once per session, since data is sent more often than chance is cheap. */
  #silence: number
  /** Whether data came while a keepalive was already due: another one follows. */
  #another = false

  /**
   * @param persistent milliseconds between keepalives while nothing else is sent; 0: none.
   * @param deadline is lowered to each moment that is set.
   */
  constructor(persistent: number, chance: Chance, deadline: Deadline) {
    this.#deadline = deadline
    this.#persistent = persistent
    this.#chance = chance
    this.#silence = SILENCE_AFTER + this.#jitter()
  }

  /** Sends keepalives at another interval, as in the constructor; the first of them is due at once. */
  setPersistent(persistent: number): void {
    this.#persistent = persistent
    this.persistentAt = persistent > 0 ? 0 : NEVER
    this.#deadline.lower(this.persistentAt)
  }

  /** A handshake is started as soon as possible. */
  initiateSoon(): void {
    this.retryAt = 0
    this.#deadline.lower(0)
  }

  /** The earliest of all. */
  get next(): number {
    return Math.min(this.retryAt, this.keepaliveAt, this.silenceAt, this.persistentAt)
  }

  /** Packets were sealed and sent. */
  dataSent(now: number): void {
    if (this.silenceAt === NEVER) {
      this.silenceAt = now + this.#silence
      this.#deadline.lower(this.silenceAt)
    }
    this.sent(now)
  }

  /** Something authentic was sent. */
  sent(now: number): void {
    this.keepaliveAt = NEVER
    this.#another = false
    this.#traversed(now)
  }

  /** Packets were received. */
  dataReceived(now: number): void {
    if (this.keepaliveAt === NEVER) this.#answerBy(now + KEEPALIVE_AFTER)
    else this.#another = true
    this.received(now)
  }

  /** Something authentic was received. */
  received(now: number): void {
    this.silenceAt = NEVER
    this.#traversed(now)
  }

  /** A keepalive that was due is being sent. */
  keepaliveSent(now: number): void {
    const another = this.#another
    this.sent(now)
    if (another) this.#answerBy(now + KEEPALIVE_AFTER)
  }

  /** An initiation was sent. */
  initiated(now: number): void {
    this.retryAt = now + REKEY_TIMEOUT + this.#jitter()
    this.#deadline.lower(this.retryAt)
    this.sent(now)
  }

  /** There is a session that both ends have. */
  established(): void {
    this.retryAt = NEVER
    this.#silence = SILENCE_AFTER + this.#jitter()
  }

  /** Nothing answers, and nothing more is tried until there is something to send. */
  gaveUp(): void {
    this.retryAt = NEVER
    this.keepaliveAt = NEVER
    this.silenceAt = NEVER
  }

  #traversed(now: number): void {
    if (this.#persistent > 0) this.persistentAt = now + this.#persistent // later than before: no deadline is lowered
  }

  #answerBy(at: number): void {
    this.keepaliveAt = at
    this.#deadline.lower(at)
  }

  #jitter(): number {
    return this.#chance() * JITTER
  }
}
