import type { Program } from '../../../lab/program.js'

/** A line of Qanat's log, as JSON. */
export interface LogLine {
  /** As pino counts: 30 info, 40 warn, 50 error. */
  readonly level: number
  readonly msg: string
  readonly [field: string]: unknown
}

const ERROR = 50

/** What a Qanat has logged so far; a line that is no JSON, such as a stack trace, throws. */
export function logOf({ stderr }: Program): LogLine[] {
  return stderr.map((line) => JSON.parse(line) as LogLine)
}

/** The errors among them. */
export function errorsOf(program: Program): string[] {
  return logOf(program)
    .filter(({ level }) => level >= ERROR)
    .map(({ msg }) => msg)
}

/** How many sessions a program began, one for each handshake. It logs at the level debug. */
export function sessionsOf(program: Program): number {
  return logOf(program).filter(({ msg }) => msg === 'session established').length
}
