import { asError } from '../../core/api/errors.js'
import type { Logger } from '../../core/api/logger.js'
import type { Clock } from '../../core/time/clock.js'
import { inTime } from '../../core/time/in-time.js'
import { END_LIMIT } from '../faults/faults.js'

/** Undoes one thing that a tunnel made. */
export type Undo = () => Promise<void> | void

/** Milliseconds that the end of a part is waited for: one that hangs must not keep the host from being restored. */
export const PART_LIMIT = 5_000
/** The same of what plugins may be part of: their ends are bounded by END_LIMIT, and tell by then whose they are. */
export const GUARDED_LIMIT = END_LIMIT + 1_000
/** Of what bounds itself: hooks and programs that restore the host, which nothing may cut short. */
export const OWN_LIMIT = Number.POSITIVE_INFINITY

interface Part {
  readonly undo: Undo
  /** Milliseconds. */
  readonly limit: number
}

/** Takes what undoes a thing that was made. */
export interface UndoStep {
  push(undo: Undo): void
}

/** What is to be undone of what was made, the last thing first. */
export class UndoList implements UndoStep {
  /** What is within one step is undone at the same time. */
  readonly #steps: Part[][] = []
  readonly #clock: Clock
  readonly #log: Logger

  constructor(clock: Clock, log: Logger) {
    this.#clock = clock
    this.#log = log
  }

  /** Something was made: `undo` takes it away again, and is waited for so many milliseconds. */
  push(undo: Undo, limit: number = PART_LIMIT): void {
    this.#steps.push([{ undo, limit }])
  }

  /** A signal that is aborted once all is undone that is made from now on; `last` comes after that. */
  signal(last: (signal: AbortSignal) => Promise<void>): AbortSignal {
    const over = new AbortController()
    this.push(() => last(over.signal), GUARDED_LIMIT)
    this.push(() => over.abort())
    return over.signal
  }

  /** One step for things that do not depend on each other, and may be of plugins: they are undone at the same time. */
  step(): UndoStep {
    const parts: Part[] = []
    return {
      push: (undo) => {
        parts.push({ undo, limit: GUARDED_LIMIT })
        if (!this.#steps.includes(parts)) this.#steps.push(parts)
      },
    }
  }

  /** Undoes what was made until now. One that fails, or hangs, does not keep the others. */
  async run(): Promise<void> {
    for (const parts of this.#steps.splice(0).reverse()) {
      await Promise.all(parts.splice(0).map((part) => this.#end(part)))
    }
  }

  async #end({ undo, limit }: Part): Promise<void> {
    try {
      const ending = Promise.resolve(undo())
      if (await inTime(this.#clock, limit, ending)) return
      throw new Error(`it did not end within ${limit / 1000} s`)
    } catch (thrown) {
      this.#log.warn('cannot close a part', { why: asError(thrown).message })
    }
  }
}
