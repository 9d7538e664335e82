import type { TunDevice } from '../api/tun-device.js'
import { Alarm } from '../time/alarm.js'
import type { Clock } from '../time/clock.js'

/**
 * Milliseconds that the TUN device is paused at a time. A carrier that is busy for longer is slow: then packets
 * are dropped, which senders understand, rather than kept in the host's queue, which holds seconds of them.
 */
const MAX_PAUSE = 50

/** Lets the TUN device wait while a carrier is busy for a moment. */
export class TunBackpressure {
  readonly #tun: TunDevice
  readonly #patience: Alarm
  #paused = false

  constructor(tun: TunDevice, clock: Clock) {
    this.#tun = tun
    this.#patience = new Alarm(clock, () => this.release())
  }

  /** Pauses the device until `release`, or for MAX_PAUSE. */
  apply(now: number): void {
    if (this.#paused) return
    this.#paused = true
    this.#tun.pause()
    this.#patience.set(now + MAX_PAUSE, now)
  }

  /** Lets the device go on. Without effect if it does. */
  release(): void {
    if (!this.#paused) return
    this.#paused = false
    this.#patience.cancel()
    this.#tun.resume()
  }

  /** The device is closed: nothing is due any more. */
  stop(): void {
    this.#patience.cancel()
  }
}
