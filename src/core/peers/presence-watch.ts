import type { Logger } from '../api/logger.js'
import { Alarm } from '../time/alarm.js'
import type { Clock } from '../time/clock.js'
import type { Peer, Peers } from './peers.js'
import type { PresenceChange } from './presence.js'
import { PresenceLog } from './presence-log.js'

/** Milliseconds between looks at the peers, at the least: so late may one be told to be offline. */
const LOOK = 1_000

/** Notices when peers fall silent, and logs who comes and who goes. */
export class PresenceWatch {
  readonly #peers: Peers
  readonly #clock: Clock
  readonly #log: PresenceLog
  /** Rings when the next peer may have been silent for too long. */
  readonly #alarm: Alarm
  #due = Number.POSITIVE_INFINITY
  #stopped = false

  constructor(peers: Peers, clock: Clock, log: Logger) {
    this.#peers = peers
    this.#clock = clock
    this.#log = new PresenceLog(log, clock)
    this.#alarm = new Alarm(clock, () => this.#look())
  }

  /** A peer came online or went offline. */
  readonly changed = (change: PresenceChange, peer: Peer, now: number): void => {
    if (this.#stopped) return
    this.#log.tell(change, peer, now)
    if (change === 'came') this.#expect(peer.presence.offlineAt!, now)
  }

  /** Keepalives changed: with them when peers are offline. */
  again(): void {
    this.#look()
  }

  /** Sums up what is left to tell. Nothing is noticed afterwards. */
  stop(): void {
    this.#stopped = true
    this.#alarm.cancel()
    this.#log.sumUp()
  }

  #look(): void {
    const now = this.#clock.now()
    const isLate = now - this.#due >= LOOK
    this.#due = Number.POSITIVE_INFINITY
    let next = Number.POSITIVE_INFINITY
    for (const { presence } of this.#peers) {
      // The process stood still, and what came meanwhile may not be read yet.
      if (!isLate) presence.pass(now)
      next = Math.min(next, presence.offlineAt ?? next)
    }
    this.#expect(Math.max(next, now + LOOK), now)
  }

  #expect(due: number, now: number): void {
    this.#due = Math.min(this.#due, due)
    this.#alarm.set(due, now)
  }
}
