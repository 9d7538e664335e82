import type { Logger } from '../api/logger.js'
import { Alarm } from '../time/alarm.js'
import type { Clock } from '../time/clock.js'
import type { Peer } from './peers.js'
import type { PresenceChange } from './presence.js'

/** Milliseconds after which changes that got no line are summed up. */
const WINDOW = 60_000
/** Lines in that time, of all peers and of one. */
const MOST_LINES = 10
const MOST_LINES_OF_PEER = 4

/** A line when a peer comes online or goes offline; if there are many in a minute, one that sums up the rest of them. */
export class PresenceLog {
  readonly #log: Logger
  readonly #clock: Clock
  /** Rings when the window is over. */
  readonly #alarm: Alarm
  #since = Number.NEGATIVE_INFINITY
  /** Lines since then, by peer. */
  readonly #lines = new Map<Peer, number>()
  #told = 0
  readonly #untold = { online: 0, offline: 0 }

  constructor(log: Logger, clock: Clock) {
    this.#log = log
    this.#clock = clock
    this.#alarm = new Alarm(clock, () => this.sumUp())
  }

  tell(change: PresenceChange, peer: Peer, now: number): void {
    if (now - this.#since >= WINDOW) this.#begin(now)
    const lines = this.#lines.get(peer) ?? 0
    if (this.#told < MOST_LINES && lines < MOST_LINES_OF_PEER) {
      this.#told++
      this.#lines.set(peer, lines + 1)
      this.#write('info', change, peer)
      return
    }
    this.#untold[change === 'came' ? 'online' : 'offline']++
    this.#alarm.set(this.#since + WINDOW, now)
    this.#write('debug', change, peer)
  }

  /** Tells how many changes got no line, if there were any. */
  sumUp(): void {
    this.#alarm.cancel()
    const { offline, online } = this.#untold
    if (online + offline === 0) return
    const seconds = Math.round((this.#clock.now() - this.#since) / 1_000)
    this.#log.info('more peers came online or went offline', { online, offline, seconds })
    this.#begin(this.#clock.now())
  }

  #begin(now: number): void {
    this.#since = now
    this.#told = 0
    this.#lines.clear()
    this.#untold.online = 0
    this.#untold.offline = 0
  }

  #write(level: 'info' | 'debug', change: PresenceChange, peer: Peer): void {
    const called = peer.name ?? peer.id
    const fields = { peer: called }
    if (change === 'came') this.#log[level](`${called} is online`, fields)
    else if (change === 'said goodbye') this.#log[level](`${called} went offline: it said goodbye`, fields)
    else {
      const seconds = Math.round(peer.presence.offlineAfter / 1_000)
      this.#log[level](`${called} went offline: nothing came for ${seconds} s`, fields)
    }
  }
}
