import type { Logger } from '../../core/api/logger.js'
import type { Clock } from '../../core/time/clock.js'

/** Milliseconds, and lines of a program that are logged within them; the others are counted. */
const INTERVAL = 60_000
const MAX_LINES = 60
/** Characters of a line that are logged. */
const MAX_LOGGED = 512

/** Logs what a program says, on one line each whatever it wrote, and no more than 60 lines a minute. */
export class LoggedOutput {
  readonly #program: string
  readonly #log: Logger
  readonly #clock: Clock
  #since = Number.NEGATIVE_INFINITY
  #lines = 0

  constructor(program: string, log: Logger, clock: Clock) {
    this.#program = program
    this.#log = log
    this.#clock = clock
  }

  take(line: string): void {
    const now = this.#clock.now()
    if (now - this.#since >= INTERVAL) {
      const leftOut = this.#lines - MAX_LINES
      if (leftOut > 0) this.#log.info('program said more', { program: this.#program, lines: leftOut })
      this.#since = now
      this.#lines = 0
    }
    if (this.#lines++ < MAX_LINES) {
      this.#log.info('program output', { program: this.#program, line: escaped(line) })
    }
  }
}

/** Printable ASCII that tells what else there was: a terminal does nothing but print it. */
export function escaped(line: string): string {
  const cut = line.length > MAX_LOGGED ? `${line.slice(0, MAX_LOGGED)}…` : line
  return cut.replace(/[^\x20-\x7e…]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
