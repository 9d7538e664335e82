import { fstatSync } from 'node:fs'
import { ConfigError } from '../../core/api/errors.js'
import { LOG_FORMATS, type LogFormat } from '../../core/api/logger.js'
import { type LineLevel, prefixOf } from './log-lines.js'

/** The variable that names the format of log lines if nothing else does. */
export const FORMAT_VARIABLE = 'QANAT_LOG_FORMAT'

/** The descriptor of standard error. */
export const STDERR = 2

type Environment = Readonly<Record<string, string | undefined>>

let chosen: LogFormat | undefined

/** From now on this process writes to standard error in this format; undefined changes nothing. */
export function chooseFormat(format: LogFormat | undefined): void {
  chosen = format ?? chosen
}

/** The format that was chosen, if any; the variable, which the whole environment has, does not count. */
export function chosenFormat(): LogFormat | undefined {
  return chosen
}

/**
 * The format of log lines here: the chosen one, else the one that the variable names, else for the journal if that reads them, else for people.
 *
 * @throws ConfigError if the variable has another value.
 */
export function formatInUse(env: Environment = process.env): LogFormat {
  const named = formatNamed(env)
  const format = LOG_FORMATS.find((one) => one === named)
  if (format !== undefined) return format
  throw new ConfigError(`Cannot take ${FORMAT_VARIABLE}: '${named}' is none of ${LOG_FORMATS.join(', ')}`, {
    code: 'ERR_CONFIG_VALUE',
  })
}

/** What stands in front of a line that is no line of a log: its priority if the journal reads it, else nothing. */
export function priorityFor(level: LineLevel, env: Environment = process.env): string {
  return formatNamed(env) === 'journal' ? prefixOf(level) : ''
}

/** As `formatInUse`, but a variable that names no format is not refused: lines that say so are written, too. */
function formatNamed(env: Environment): string {
  return chosen ?? (env[FORMAT_VARIABLE] || (isJournal(env) ? 'journal' : 'text'))
}

/**
 * Whether a descriptor is the stream that systemd says leads to its journal; another program may have led it elsewhere since.
 * systemd.exec(5), JOURNAL_STREAM
 */
export function isJournal({ JOURNAL_STREAM }: Environment, descriptor = STDERR): boolean {
  if (JOURNAL_STREAM === undefined) return false
  try {
    const { dev, ino } = fstatSync(descriptor, { bigint: true })
    return JOURNAL_STREAM === `${dev}:${ino}`
  } catch {
    return false // it is closed
  }
}
