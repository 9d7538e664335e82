import { escapedText } from '../../control/protocol.js'
import { hasCode, isQanatError } from '../../core/api/errors.js'
import type { LogFormat } from '../../core/api/logger.js'
import { redactText } from '../../core/api/redact.js'
import { shownIn } from './ascii.js'
import { lineOf } from './log-lines.js'
import { priorityFor } from './standard-error.js'

/** What the system says if it takes more rights than whoever asked has. */
const FORBIDDEN = ['EACCES', 'EPERM']
/** The version of the JSON that programs read. */
const JSON_VERSION = 1

/** Why a command failed. */
export interface Failure {
  /** A line for each thing that is wrong. What the user typed may be part of it. */
  readonly message: string
  readonly code?: unknown
}

/** How it was asked for. */
export interface Asked {
  readonly words: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  /** The format of log lines, if one was chosen. */
  readonly format?: LogFormat | undefined
}

/** What standard error is to say: lines for people or of a log, or one of JSON if the command was asked for JSON. */
export function failureText({ code = null, message }: Failure, { env, format, words }: Asked): string {
  const lines = redactText(message).trim().split('\n')
  if (!asksForJson(words)) {
    if (format === 'json') return lines.map((line) => errorLine(line, code)).join('')
    const begin = `${priorityFor('error', env)}qanat: `
    return lines.map((line) => `${begin}${shownIn(env, escapedText(line))}\n`).join('')
  }
  return `${JSON.stringify({ version: JSON_VERSION, error: { code, message: lines.join('\n') } })}\n`
}

/** The message of an error, and that root may do it if the system refused it to this user. */
export function withRemedy(error: Error, uid = process.geteuid?.()): string {
  const { message } = error
  if (uid === 0 || !hasCode(error, FORBIDDEN) || /root|sudo/.test(message)) return message
  const first = isQanatError(error) ? message : `Cannot go on: ${message}`
  return `${first}; this user may not: try again with sudo`
}

/** The last line of a log of JSON. */
function errorLine(message: string, code: unknown): string {
  const event = { level: 'error', time: new Date().toISOString(), ...(code !== null && { code }), message }
  return lineOf('json', JSON.stringify(event))
}

/** Behind `--` there are no options. */
function asksForJson(words: readonly string[]): boolean {
  const end = words.indexOf('--')
  return (end < 0 ? words : words.slice(0, end)).includes('--json')
}
