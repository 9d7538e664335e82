import type { Clock, Timer } from '../../core/time/clock.js'

/** Connections that are a burst: fewer leave nothing behind that would be worth the while. */
const BURST = 256
/** Milliseconds without another burst after which there is peace. */
const PEACE = 20_000

/** Has memory given back once a burst of connections is over, and those who proved nothing are gone. */
export class BurstRelief {
  readonly #clock: Clock
  readonly #trim: () => void
  /** Connections since it was last looked, or since memory was last given back. */
  #came = 0
  #timer: Timer | undefined

  /** @param trim Gives memory back, which may take a moment. */
  constructor(clock: Clock, trim: () => void) {
    this.#clock = clock
    this.#trim = trim
  }

  /** A connection came. */
  came(): void {
    if (++this.#came === BURST) this.#timer ??= this.#clock.schedule(PEACE, this.#look)
  }

  /** Idempotent. The next burst counts again. */
  stop(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#came = 0
  }

  readonly #look = (): void => {
    const isOver = this.#came < BURST
    this.#came = 0
    this.#timer = isOver ? undefined : this.#clock.schedule(PEACE, this.#look)
    if (isOver) this.#trim()
  }
}
