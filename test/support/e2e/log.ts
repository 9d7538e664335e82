import type { Program } from '../../../lab/program.js'

/** A line of Qanat's log, as JSON. */
export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly message: string
  readonly [field: string]: unknown
}

/** What a Qanat has logged so far; a line that is no JSON, such as a stack trace, throws. */
export function logOf({ stderr }: Program): LogLine[] {
  return stderr.map((line) => JSON.parse(line) as LogLine)
}

/** The warnings and errors among them. */
export function complaintsOf(program: Program): LogLine[] {
  return logOf(program).filter(({ level }) => level === 'warn' || level === 'error')
}

/** The errors among them. */
export function errorsOf(program: Program): string[] {
  return logOf(program)
    .filter(({ level }) => level === 'error')
    .map(({ message }) => message)
}

/** How many sessions a program began, one for each handshake. It logs at the level debug. */
export function sessionsOf(program: Program): number {
  return logOf(program).filter(({ message }) => message === 'session established').length
}
