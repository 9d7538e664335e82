// guard-work JOB read|restore: what a guard has Node do for the tunnel of a file, JOB being GuardJob as JSON. "read" writes a
// line with the file and those that it names, for a tunnel that dropped root; "restore" restores the host after it was killed.
import { writeSync } from 'node:fs'
import { readFile } from '../../config/trust/read-file.js'
import { asError } from '../../core/api/errors.js'
import { DEFAULT_LOG_LEVEL, type Logger } from '../../core/api/logger.js'
import type { GuardJob } from './guard.js'

// A service manager that stops the tunnel tells everybody; a terminal that is closed, too.
for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) process.on(signal, () => {})

/** The descriptor at which the guard hears which files it looks at from now on, a line each. */
const WATCHED = 3

const [text, task] = process.argv.slice(2) as [string, 'read' | 'restore']
const job = JSON.parse(text) as GuardJob
if (task === 'read') await read(job)
else await restore(job)
process.exit()

async function read({ path, allowReadableKeys, allowWritableFiles, user }: GuardJob): Promise<void> {
  const { askerOf } = await import('./asker.js')
  const { handOver } = await import('./handed-files.js')
  const { readTunnelFile } = await import('./tunnel-file.js')
  const asker = askerOf({ allowReadableKeys, allowWritableFiles, user })
  let certificates: readonly string[] = []
  const line = handOver((reading) => {
    certificates = readTunnelFile(path, asker, reading).certificates.read(reading).paths
  }, readFile)
  const bytes = Buffer.from(`${line}\n`)
  try {
    for (let done = 0; done < bytes.length; ) done += writeSync(1, bytes, done)
    writeSync(WATCHED, certificates.join('\n'))
  } catch {
    // the tunnel ended in the meantime
  }
}

async function restore({ path, journal, logging, user }: GuardJob): Promise<void> {
  const { createLogger } = await import('../output/log.js')
  const { restoreHost } = await import('./restore-host.js')
  const log = unheard(createLogger(logging ?? { level: DEFAULT_LOG_LEVEL }))
  try {
    await restoreHost({ path, journal, log, keepsKillSwitch: true, user })
  } catch (thrown) {
    log.error(asError(thrown).message)
    process.exitCode = 1
  }
}

/** A log that may be closed: the terminal of the tunnel may be gone, and the host is restored all the same. */
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
