import type { Fields, Logger } from './logger.js'

/** Milliseconds between two hints of the same kind: garbage does not fill the log. */
const WARNING_INTERVAL = 60_000

/** Logs each warning at most once a minute. */
export class ThrottledWarnings {
  readonly #log: Logger
  readonly #lastAt = new Map<string, number>()

  constructor(log: Logger) {
    this.#log = log
  }

  /** Logs a message unless the same one was logged a short time ago. */
  give(message: string, fields: Fields, now: number): void {
    if (now - (this.#lastAt.get(message) ?? Number.NEGATIVE_INFINITY) < WARNING_INTERVAL) return
    this.#lastAt.set(message, now)
    this.#log.warn(message, fields)
  }
}
