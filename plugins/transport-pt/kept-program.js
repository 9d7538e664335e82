// @ts-check

/** Milliseconds before a program that ended is started again: doubled each time, until one ran for that long. */
const FIRST_PAUSE = 1_000
const LAST_PAUSE = 60_000

/**
 * @template Ready
 * @typedef {{ child: import('qanat').Child, ready: Ready }} Started
 */

/**
 * A program that is started when it is needed, and again after a pause if it ended.
 *
 * @template Ready what is known of it once it is ready
 */
export class KeptProgram {
  #parts
  #closed = false
  #pause = FIRST_PAUSE
  #notBefore = Number.NEGATIVE_INFINITY
  /** @type {Promise<Started<Ready>> | undefined} */
  #started
  /** @type {unknown} Why it does not run. */
  #why

  /**
   * @param {object} parts
   * @param {() => Promise<Started<Ready>>} parts.start
   * @param {boolean} parts.always whether it runs even if nobody asks
   * @param {Pick<import('qanat').PluginContext, 'clock' | 'log' | 'signal'>} parts.context
   */
  constructor(parts) {
    this.#parts = parts
  }

  /** What is known of the program that runs. Rejects if it cannot be started, or ended a moment ago. */
  async ready() {
    const { clock } = this.#parts.context
    if (this.#closed) throw new Error('it is no longer wanted')
    if (this.#started === undefined && clock.now() < this.#notBefore) throw this.#why
    this.#started ??= this.#start()
    return (await this.#started).ready
  }

  async close() {
    this.#closed = true
    const started = await this.#started?.catch(() => undefined)
    await started?.child.end()
  }

  async #start() {
    const { clock } = this.#parts.context
    const begun = clock.now()
    try {
      const started = await this.#parts.start()
      void started.child.ended.then((how) => this.#ended(begun, how))
      return started
    } catch (thrown) {
      this.#later(begun, thrown)
      throw thrown
    }
  }

  /** @type {(begun: number, how: string) => void} */
  #ended(begun, how) {
    const { log, signal } = this.#parts.context
    if (this.#closed || signal.aborted) return
    const pause = this.#later(begun, new Error(`the program is not running: ${how}`))
    log.warn('a program of a pluggable transport ended', { how, pause })
  }

  /** @type {(begun: number, why: unknown) => number} The pause before it may start again. */
  #later(begun, why) {
    const { always, context } = this.#parts
    const { clock, log } = context
    const now = clock.now()
    if (now - begun > LAST_PAUSE) this.#pause = FIRST_PAUSE
    this.#started = undefined
    this.#why = why
    this.#notBefore = now + this.#pause
    const pause = this.#pause
    this.#pause = Math.min(2 * pause, LAST_PAUSE)
    if (!always) return pause
    clock.schedule(pause, () => {
      if (this.#closed || context.signal.aborted) return
      this.ready().catch((thrown) => {
        log.warn('a program of a pluggable transport cannot be started', { why: String(thrown?.message) })
      })
    })
    return pause
  }
}
