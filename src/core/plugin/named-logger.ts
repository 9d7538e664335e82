import { type Logger, loggerAround } from '../api/logger.js'

/** A logger whose lines name the plugin that they come from. */
export function namedLogger(log: Logger, plugin: string): Logger {
  return loggerAround(log, (level) => (message, fields) => log[level](message, { plugin, ...fields }))
}
