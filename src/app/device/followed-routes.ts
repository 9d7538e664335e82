import { asError } from '../../core/api/errors.js'
import type { Logger } from '../../core/api/logger.js'
import type { Pump } from '../../core/forwarding/pump.js'
import type { Clock, Timer } from '../../core/time/clock.js'
import { type WatchParts, watchNetworks } from '../../host/networks/watch-networks.js'

/**
 * Milliseconds from a change of the host's networks until routes are looked at. Less than TCP waits at the least before it
 * repeats what is lost (TCP_RTO_MIN of Linux, 200): so connections inside lose no second time to it.
 */
const PAUSE = 50

/** What following depends on. */
export interface FollowedRoutesParts extends Pick<WatchParts, 'watch'> {
  readonly pump: Pick<Pump, 'paths' | 'run'>
  readonly clock: Clock
  readonly log: Logger
  /** Gives the device an MTU of no more than so many bytes; absent if it keeps its own. */
  readonly carries?: ((bytes: number) => Promise<void>) | undefined
}

/**
 * Follows the routes by which a tunnel's peers are reached: how large packets to each may be, and with that the MTU of the
 * device. It has the size of the widest route, since what is too large for another peer is told of by ICMP.
 */
export class FollowedRoutes {
  readonly #parts: FollowedRoutesParts
  #timer: Timer | undefined
  #stopWatching: (() => Promise<void>) | undefined
  #stopped = false

  constructor(parts: FollowedRoutesParts) {
    this.#parts = parts
  }

  /** Routes to peers carry more or less than before: looks at them soon. For use amid the pump's work. */
  differ(): void {
    if (this.#stopped) return
    this.#timer ??= this.#parts.clock.schedule(0, () => {
      this.#timer = undefined
      this.#look()
    })
  }

  /** Idempotent. Nothing is followed any more. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#timer?.cancel()
    await this.#stopWatching?.()
    this.#stopWatching = undefined
  }

  #look(): void {
    const { carries, log, pump } = this.#parts
    if (pump.paths.knowsRoutes) {
      this.#stopWatching ??= watchNetworks({ ...this.#parts, pause: PAUSE }, () => {
        pump.run((now) => pump.paths.routesChanged(now))
      })
    }
    const { routeMtu } = pump.paths
    if (routeMtu === undefined) return
    carries?.(routeMtu).catch((thrown) => {
      log.warn('cannot change the MTU of the device', { why: asError(thrown).message })
    })
  }
}
