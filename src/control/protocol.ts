import { asError, type ErrorCode, isQanatError, QanatError } from '../core/api/errors.js'
import { redactText } from '../core/api/redact.js'

/*
 * How a running tunnel is asked: lines of JSON over a local socket. Each question gets one answer, in order.
 *
 *     {"qanat":1,"ask":"status"}
 *     {"qanat":1,"ask":"login","seconds":600}
 *     {"qanat":1,"answer":{…}}    or    {"qanat":1,"error":{"code":"ERR_CONFIG_VALUE","message":"Cannot …"}}
 */

/** Changes where an older end would misunderstand a newer one. */
export const PROTOCOL = 1

/** What can be asked for. `look` is a status for which no peer is asked anything. */
export const QUESTIONS = ['status', 'look', 'reload', 'login', 'down'] as const
export type Question = (typeof QUESTIONS)[number]

/** What is asked. */
export interface Asked {
  readonly question: Question
  /** How long what is asked for is to last, if given. */
  readonly seconds?: number | undefined
}

/** Bytes of a question with its line's end. */
export const MAX_QUESTION = 4_096
/** Bytes of an answer: 10,000 peers take 8 MB. */
export const MAX_ANSWER = 64 * 1024 * 1024

export function writeQuestion(ask: Question, seconds?: number): string {
  return `${JSON.stringify({ qanat: PROTOCOL, ask, seconds })}\n`
}

/** @throws QanatError ERR_CONTROL if the line is not a question of this protocol. */
export function readQuestion(line: string): Asked {
  const message = parsed(line)
  if (message?.qanat !== PROTOCOL) {
    throw controlError(`Cannot answer: this is not a request of version ${PROTOCOL}, such as ${example}`)
  }
  const question = QUESTIONS.find((known) => known === message.ask)
  const { seconds } = message
  if (question !== undefined) return { question, ...(typeof seconds === 'number' && { seconds }) }
  throw controlError(`Cannot answer: 'ask' is unknown; allowed: ${QUESTIONS.join(', ')}`)
}

const example = writeQuestion('status').trim()

export function writeAnswer(answer: unknown): string {
  return `${JSON.stringify({ qanat: PROTOCOL, answer: answer ?? null })}\n`
}

/** Says why there is no answer. */
export function writeError(thrown: unknown): string {
  const { message } = asError(thrown)
  const code = isQanatError(thrown) ? thrown.code : undefined
  return `${JSON.stringify({ qanat: PROTOCOL, error: { code, message: redactText(message) } })}\n`
}

/**
 * What was answered, fit to be printed: the tunnel may belong to another user.
 *
 * @throws QanatError the error that was answered, or ERR_CONTROL if the line is not an answer.
 */
export function readAnswer(line: string): unknown {
  const message = parsed(line)
  if (message?.qanat !== PROTOCOL) {
    throw controlError('Cannot understand the running tunnel: it runs another version; restart it')
  }
  const { answer, error } = message as {
    answer?: unknown
    error?: { code?: unknown; message?: unknown } | null
  }
  if (error === undefined) return escaped(answer)
  const lines = String(error?.message).split('\n').map(escapedText) // problems of a file are one each
  const code = typeof error?.code === 'string' ? escapedText(error.code) : 'ERR_CONTROL'
  throw new QanatError(lines.join('\n'), { code: code as ErrorCode })
}

export function controlError(message: string, cause?: unknown): QanatError {
  return new QanatError(message, { code: 'ERR_CONTROL', cause })
}

/** Those of terminals, and those that turn the direction of text. */
export const CONTROL_CHARACTERS = /[\p{Cc}\u2028-\u202e\u2066-\u2069]/gu

/** A value of JSON without the control characters of its texts and names, which a terminal would obey. */
function escaped(value: unknown): unknown {
  if (typeof value === 'string') return escapedText(value)
  if (Array.isArray(value)) return value.map(escaped)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map((entry) => entry.map(escaped)))
}

/** A text without control characters, which a terminal would obey. */
export function escapedText(text: string): string {
  return text.replace(CONTROL_CHARACTERS, escapedSign)
}

/** A character in the words of JSON. */
export function escapedSign(one: string): string {
  return `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`
}

function parsed(line: string): { readonly [Name in 'qanat' | 'ask' | 'seconds']?: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}
