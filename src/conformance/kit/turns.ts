/** Turns of the event loop in which what should not happen has time to happen. */
const QUIET_TURNS = 20

/** How turns pass. */
export interface TurnsOptions {
  /** Milliseconds after which something that should have happened did not. */
  readonly patience: number
  /** Whether a turn takes a millisecond, since what is waited for goes by the host's clock. */
  readonly isTimed: boolean
  /** Called before each turn. */
  pass?(): void
}

/** Waits for what happens in later turns of the event loop. */
export class Turns {
  readonly #options: TurnsOptions

  constructor(options: TurnsOptions) {
    this.#options = options
  }

  /** Rejects if it takes too long, and says what was waited for. */
  async until(what: string, happened: () => boolean, patience = this.#options.patience): Promise<void> {
    const deadline = performance.now() + patience
    while (!happened()) {
      if (performance.now() > deadline) throw new Error(`Waited ${patience} ms in vain until ${what}`)
      await this.#next()
    }
  }

  /** Gives what should not happen the time to happen. */
  async quiet(): Promise<void> {
    for (let turn = 0; turn < QUIET_TURNS; turn++) await this.#next()
  }

  async #next(): Promise<void> {
    const { isTimed } = this.#options
    this.#options.pass?.()
    await new Promise((resolve) => (isTimed ? setTimeout(resolve, 1) : setImmediate(resolve)))
  }
}
