import type { PeerConfig, TunnelConfig } from '../core/api/config.js'
import { asError } from '../core/api/errors.js'
import type { Logger } from '../core/api/logger.js'
import type { Clock, Timer } from '../core/time/clock.js'

/** Milliseconds between looks at the host's time at the most, which may be set. */
const LOOK = 60_000
/** Milliseconds until one is looked at again that is still there though its time is over. */
const AGAIN = 1_000

/** What expiry has to know of a tunnel. */
export interface ExpiringTunnel {
  /** What is in force. */
  readonly config: TunnelConfig
  /** Takes what is left of it by `admitted`, and has the rest watched. */
  change(next: (before: TunnelConfig) => TunnelConfig): Promise<void>
}

/** Takes peers out of a running tunnel when they expire. One that is out stays so until a reload, even if the time is set back. */
export class Expiry {
  readonly #tunnel: ExpiringTunnel
  readonly #clock: Clock
  readonly #log: Logger
  #timer: Timer | undefined
  #ended = false

  constructor(tunnel: ExpiringTunnel, clock: Clock, log: Logger) {
    this.#tunnel = tunnel
    this.#clock = clock
    this.#log = log
  }

  /** A configuration without the peers that have expired, which the log names. Routes to them stay, and lead to nobody. */
  admitted(config: TunnelConfig): TunnelConfig {
    const expired = config.peers.filter((peer) => this.#isOver(peer))
    if (expired.length === 0) return config
    for (const { id, name } of expired) this.#log.warn('refuses a peer that expired', { peer: name ?? id })
    return { ...config, peers: config.peers.filter((peer) => !expired.includes(peer)) }
  }

  /** Looks again when the next peer of what is in force expires. */
  watch(): void {
    let next = Number.POSITIVE_INFINITY
    for (const { expires = next } of this.#tunnel.config.peers) next = Math.min(next, expires)
    if (next === Number.POSITIVE_INFINITY) this.#timer?.cancel()
    else this.#lookIn(next > this.#clock.wall() ? Math.min(next - this.#clock.wall(), LOOK) : AGAIN)
  }

  /** Idempotent. */
  end(): void {
    this.#ended = true
    this.#timer?.cancel()
  }

  #lookIn(delay: number): void {
    this.#timer?.cancel()
    if (!this.#ended) this.#timer = this.#clock.schedule(delay, () => void this.#look())
  }

  async #look(): Promise<void> {
    if (!this.#tunnel.config.peers.some((peer) => this.#isOver(peer))) return this.watch()
    try {
      await this.#tunnel.change((before) => before)
    } catch (thrown) {
      this.#log.error('cannot refuse a peer that expired', { why: asError(thrown).message })
      this.#lookIn(LOOK)
    }
  }

  #isOver({ expires }: PeerConfig): boolean {
    return expires !== undefined && expires <= this.#clock.wall()
  }
}
