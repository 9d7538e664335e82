import { pino } from 'pino'
import { type Fields, type LogFormat, type Logger, NO_DEBUG } from '../../core/api/logger.js'
import { redactingLogger } from '../../core/api/redacting-logger.js'
import { shownIn } from './ascii.js'
import { LOG_EVENTS } from './log-events.js'
import { lineOf } from './log-lines.js'
import { chooseFormat, formatInUse, STDERR } from './standard-error.js'

/** Characters of a text that a line has; what is longer is cut. */
const MOST = 8_192
/** What each line has of its own. */
const OWN: ReadonlySet<string> = new Set(['level', 'time', 'message', 'event'])

/** What is logged, and how. */
export interface LogOptions {
  readonly level: string
  /** As `formatInUse` says if absent. */
  readonly format?: LogFormat | undefined
}

/**
 * A logger to standard error, one line for each event.
 *
 * @throws ConfigError if the environment names a format that there is not.
 */
export function createLogger({ format, level }: LogOptions): Logger {
  chooseFormat(format)
  return loggerTo(pino.destination({ dest: STDERR, sync: true }), level, writtenAs(formatInUse()))
}

/** A logger whose events go to `destination`, each as `written` makes a line of its JSON. */
export function loggerTo(
  destination: { write(line: string): void },
  level: string,
  written: (json: string) => string,
): Logger {
  const log = pino(
    {
      level,
      base: null,
      messageKey: 'message',
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      hooks: { streamWrite: written },
    },
    destination,
  )
  const at = (method: 'debug' | 'info' | 'warn' | 'error') => (message: string, fields?: Fields) => {
    const event = LOG_EVENTS.get(message)
    log[method]({ ...(event !== undefined && { event }), ...fitting(fields) }, cut(message))
  }
  const debug = log.isLevelEnabled('debug') ? at('debug') : NO_DEBUG
  return redactingLogger({ debug, info: at('info'), warn: at('warn'), error: at('error') })
}

/** How lines of a format are written to this process's standard error. */
function writtenAs(format: LogFormat): (json: string) => string {
  if (format !== 'text' || !process.stderr.isTTY) return (json) => lineOf(format, json)
  const screen = { colours: process.stderr.hasColors() }
  return (json) => shownIn(process.env, lineOf(format, json, screen))
}

/** Fields that take the place of nothing which each line has, and whose texts are bounded. */
function fitting(fields: Fields = {}): Fields {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      OWN.has(name) ? `${name}_` : name,
      typeof value === 'string' ? cut(value) : value,
    ]),
  )
}

function cut(text: string): string {
  return text.length > MOST ? `${text.slice(0, MOST)}…` : text
}
