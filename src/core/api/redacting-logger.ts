import { type Fields, type Logger, NO_DEBUG, wantsDebug } from './logger.js'
import { redact, redactText } from './redact.js'

/** A logger that writes to `log`, with every URL redacted: parts that are no part of Qanat log, too, and so do hooks. */
export function redactingLogger(log: Logger): Logger {
  const at =
    (level: keyof Logger) =>
    (message: string, fields?: Fields): void => {
      if (fields === undefined) log[level](redactText(message))
      else log[level](redactText(message), redactFields(fields))
    }
  const debug = wantsDebug(log) ? at('debug') : NO_DEBUG
  return { debug, info: at('info'), warn: at('warn'), error: at('error') }
}

function redactFields(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, redactValue(value)]))
}

function redactValue(value: unknown): unknown {
  if (typeof value === 'string') return redactText(value)
  if (value instanceof URL) return redact(value)
  return Array.isArray(value) ? value.map(redactValue) : value
}
