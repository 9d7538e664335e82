/** Levels of log lines, the most lines first. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const

/** Minimum level of log lines, unless somebody chooses. */
export const DEFAULT_LOG_LEVEL = 'info' satisfies (typeof LOG_LEVELS)[number]

/** Where the parts write what they do. Never given a key. */
export interface Logger {
  debug(message: string, fields?: Fields): void
  info(message: string, fields?: Fields): void
  warn(message: string, fields?: Fields): void
  error(message: string, fields?: Fields): void
}

/** Facts that belong to a log line. */
export type Fields = Readonly<Record<string, unknown>>

/** A logger that says nothing. */
export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} }
