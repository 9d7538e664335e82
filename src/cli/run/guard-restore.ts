// guard-restore FILE JOURNAL keep|all [USER]: restores the host after the tunnel of a file was killed, for the guard that is left of
// it; "keep" leaves a kill switch in place. Started by a guard only.
import { asError } from '../../core/api/errors.js'
import { DEFAULT_LOG_LEVEL, type Logger } from '../../core/api/logger.js'
import { createLogger } from '../output/log.js'
import { restoreHost } from './restore-host.js'

// A service manager that stops the tunnel tells everybody; a terminal that is closed, too.
for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) process.on(signal, () => {})

const [path, journal, whether, user] = process.argv.slice(2) as [string, string, string, string?]
const log = unheard(await createLogger(DEFAULT_LOG_LEVEL))
try {
  await restoreHost({ path, journal, log, keepsKillSwitch: whether === 'keep', user })
} catch (thrown) {
  log.error(asError(thrown).message)
  process.exitCode = 1
}
process.exit()

/** Nothing is restored less because nobody listens any more: the terminal of the tunnel may be gone. */
function unheard(inner: Logger): Logger {
  const at =
    (level: 'debug' | 'info' | 'warn' | 'error'): Logger['info'] =>
    (message, fields) => {
      try {
        inner[level](message, fields)
      } catch {
        // standard error is closed
      }
    }
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}
