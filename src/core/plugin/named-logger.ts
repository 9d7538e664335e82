import { type Fields, type Logger, NO_DEBUG, wantsDebug } from '../api/logger.js'

/** A logger whose lines name the plugin that they come from. */
export function namedLogger(log: Logger, plugin: string): Logger {
  const at = (level: keyof Logger) => (message: string, fields?: Fields) =>
    log[level](message, { plugin, ...fields })
  const debug = wantsDebug(log) ? at('debug') : NO_DEBUG
  return { debug, info: at('info'), warn: at('warn'), error: at('error') }
}
