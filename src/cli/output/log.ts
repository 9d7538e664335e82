import { pino } from 'pino'
import type { Fields, Logger } from '../../core/api/logger.js'
import { redactingLogger } from '../../core/api/redacting-logger.js'

const STDERR = 2

/** A logger to standard error: readable lines on a terminal, JSON lines otherwise. */
export async function createLogger(level: string): Promise<Logger> {
  const destination = process.stderr.isTTY
    ? await prettyStream()
    : pino.destination({ dest: STDERR, sync: true })
  const log = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination)
  const at = (method: 'debug' | 'info' | 'warn' | 'error') => (message: string, fields?: Fields) =>
    fields === undefined ? log[method](message) : log[method](fields, message)
  return redactingLogger({ debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') })
}

/** Loaded only where somebody reads: it is a good part of the start-up time. */
async function prettyStream(): Promise<NodeJS.WritableStream> {
  const { default: pretty } = await import('pino-pretty')
  return pretty({ destination: STDERR, sync: true, translateTime: 'SYS:HH:MM:ss', ignore: 'pid,hostname' })
}
