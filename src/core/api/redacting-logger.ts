import { type Fields, type Logger, loggerAround } from './logger.js'
import { redact, redactText } from './redact.js'

/** Stands for an object that stands elsewhere in the same fields, or too deep in them. */
const ELSEWHERE = '…'
/** Objects around one that is shown. */
const MAX_DEPTH = 5

/** A logger that writes to `log`, with every URL redacted: parts that are no part of Qanat log, too, and so do hooks. */
export function redactingLogger(log: Logger): Logger {
  return loggerAround(log, (level) => (message, fields) => {
    if (fields === undefined) log[level](redactText(message))
    else log[level](redactText(message), redactFields(fields))
  })
}

function redactFields(fields: Fields): Fields {
  const seen = new WeakSet<object>()
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, redactValue(value, seen)]))
}

/** Each object within is looked at once, and none that lies deep: some lead back to themselves, or to all there is. */
function redactValue(value: unknown, seen: WeakSet<object>, depth = 0): unknown {
  if (typeof value === 'string') return redactText(value)
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof URL) return redact(value)
  if (value instanceof Error) return redactText(value.message)
  if (seen.has(value) || depth > MAX_DEPTH) return ELSEWHERE
  seen.add(value)
  if (Array.isArray(value)) return value.map((one) => redactValue(one, seen, depth + 1))
  const shown = 'toJSON' in value && typeof value.toJSON === 'function' ? value.toJSON() : undefined
  if (shown !== undefined) return redactValue(shown, seen, depth + 1)
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [name, redactValue(one, seen, depth + 1)]),
  )
}
