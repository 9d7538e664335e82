import { CONTROL_CHARACTERS, escapedSign, escapedText } from '../../control/protocol.js'
import type { LogFormat } from '../../core/api/logger.js'
import { boundedJson } from './bounded-json.js'

/** How the journal ranks a line. sd-daemon(3), which has the numbers of syslog(3) */
export const PRIORITIES = { debug: 7, info: 6, notice: 5, warn: 4, error: 3 } as const

/** The levels that a line may have. */
export type LineLevel = keyof typeof PRIORITIES

/** Colours of levels on a terminal. ECMA-48, SGR */
const COLOURS: Readonly<Record<LineLevel, number>> = { debug: 90, info: 32, notice: 36, warn: 33, error: 31 }
/** Characters of a line, of three bytes at the most: the journal begins another one after 48 KiB. journald.conf(5) */
const MOST = 16_000
/** Columns of a level. */
const LEVEL_WIDTH = 5
/** What stands behind `=` without quotation marks. */
const PLAIN = /^(?![{[])[^\s"=\\\p{Cc}\p{Cf}\u2028\u2029]+$/u

/** An event as pino writes it, on one line. */
interface LogEvent {
  readonly level: LineLevel
  /** ISO 8601 with Z. */
  readonly time: string
  readonly message: string
  readonly [field: string]: unknown
}

/** How lines look on a terminal, which has colours or has not. */
export interface Screen {
  readonly colours: boolean
}

/**
 * An event as a line of a format. No text of it, such as a proxy's answer or a name in a certificate, ends the line, begins
 * another one, or is obeyed by a terminal.
 *
 * @param json The event as an object of JSON on a line, its end included.
 */
export function lineOf(format: LogFormat, json: string, screen?: Screen): string {
  // All of them are within strings but the end of the line.
  if (format === 'json') return `${boundedJson(json.trimEnd()).replace(CONTROL_CHARACTERS, escapedSign)}\n`
  const { level, message, time, ...fields } = JSON.parse(json) as LogEvent
  const words = [escapedText(message)]
  for (const [name, value] of Object.entries(fields)) {
    if (name !== FOR_PROGRAMS) words.push(`${wordOf(name)}=${wordOf(value)}`)
  }
  const line = `${format === 'journal' ? prefixOf(level) : beginOf(level, time, screen)}${words.join(' ')}`
  return `${line.length > MOST ? `${line.slice(0, MOST)}…` : line}\n`
}

/** What the journal takes a line's priority from. */
export function prefixOf(level: LineLevel): string {
  return `<${PRIORITIES[level]}>`
}

/** A field that says the same as the message, in a word that stays. */
const FOR_PROGRAMS = 'event'

function beginOf(level: LineLevel, time: string, screen: Screen | undefined): string {
  const name = level.toUpperCase().padEnd(LEVEL_WIDTH)
  if (screen === undefined) return `${time} ${name} `
  const clock = new Date(time).toTimeString().slice(0, 8) // HH:MM:SS, local
  return screen.colours ? `${clock} \u001b[${COLOURS[level]}m${name}\u001b[0m ` : `${clock} ${name} `
}

function wordOf(value: unknown): string {
  if (typeof value === 'string' && PLAIN.test(value)) return value
  return JSON.stringify(value).replace(CONTROL_CHARACTERS, escapedSign)
}
