/** Levels of log lines, the most lines first. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const

/** Minimum level of log lines, unless somebody chooses. */
export const DEFAULT_LOG_LEVEL = 'info' satisfies (typeof LOG_LEVELS)[number]

/**
 * Formats of log lines, with one line for each event in all of them: for people, for programs, or for systemd's journal, which adds the
 * time itself and wants a priority in front.
 */
export const LOG_FORMATS = ['text', 'json', 'journal'] as const

/** One of them. */
export type LogFormat = (typeof LOG_FORMATS)[number]

/** Where the parts write what they do. Never given a key. */
export interface Logger {
  debug(message: string, fields?: Fields): void
  info(message: string, fields?: Fields): void
  warn(message: string, fields?: Fields): void
  error(message: string, fields?: Fields): void
}

/** Facts that belong to a log line. */
export type Fields = Readonly<Record<string, unknown>>

/** The method `debug` of a logger that logs no such lines, and of all loggers around it. */
export const NO_DEBUG: Logger['debug'] = () => {}

/** Whether lines of the level debug are logged; if not, nothing needs to be found out for them. */
export function wantsDebug({ debug }: Logger): boolean {
  return debug !== NO_DEBUG
}

/** A logger around `log`: `at` makes its method of each level. If `log` logs no debug lines, neither does it. */
export function loggerAround(log: Logger, at: (level: keyof Logger) => Logger['info']): Logger {
  const debug = wantsDebug(log) ? at('debug') : NO_DEBUG
  return { debug, info: at('info'), warn: at('warn'), error: at('error') }
}

/** A logger that says nothing. */
export const silentLogger: Logger = { debug: NO_DEBUG, info() {}, warn() {}, error() {} }
