import type { Fields, Logger } from '../../src/core/api/logger.js'
import { silentLogger } from '../../src/core/api/logger.js'
import { NO_HOOKS } from '../../src/core/settings/host-settings.js'
import { systemClock } from '../../src/core/time/system-clock.js'

/** What undoing takes, where nobody looks at the log. */
export const PARTS = { log: silentLogger, clock: systemClock, hooks: NO_HOOKS }

/** A log that a test looks at. */
export class KeptLog implements Logger {
  readonly lines: { readonly level: string; readonly message: string; readonly fields: Fields }[] = []
  /** Called with each line. */
  seen: (message: string, fields: Fields) => void = () => {}

  debug(message: string, fields?: Fields): void {
    this.#keep('debug', message, fields)
  }

  info(message: string, fields?: Fields): void {
    this.#keep('info', message, fields)
  }

  warn(message: string, fields?: Fields): void {
    this.#keep('warn', message, fields)
  }

  error(message: string, fields?: Fields): void {
    this.#keep('error', message, fields)
  }

  #keep(level: string, message: string, fields: Fields = {}): void {
    this.lines.push({ level, message, fields })
    this.seen(message, fields)
  }
}
