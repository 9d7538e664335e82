import { hasCode, isQanatError } from '../../core/api/errors.js'
import { redactText } from '../../core/api/redact.js'
import { shownIn } from './ascii.js'

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
}

/** What standard error is to say: lines for people, or one of JSON if the command was asked for JSON. */
export function failureText({ code = null, message }: Failure, { env, words }: Asked): string {
  const lines = redactText(message).trim().split('\n')
  if (!asksForJson(words)) return lines.map((line) => `qanat: ${shownIn(env, line)}\n`).join('')
  return `${JSON.stringify({ version: JSON_VERSION, error: { code, message: lines.join('\n') } })}\n`
}

/** The message of an error, and that root may do it if the system refused it to this user. */
export function withRemedy(error: Error, uid = process.geteuid?.()): string {
  const { message } = error
  if (uid === 0 || !hasCode(error, FORBIDDEN) || /root|sudo/.test(message)) return message
  const first = isQanatError(error) ? message : `Cannot go on: ${message}`
  return `${first}; this user may not: try again with sudo`
}

/** Behind `--` there are no options. */
function asksForJson(words: readonly string[]): boolean {
  const end = words.indexOf('--')
  return (end < 0 ? words : words.slice(0, end)).includes('--json')
}
