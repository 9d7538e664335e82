import { existsSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { controlError } from '../../control/protocol.js'
import { runFolder } from '../../control/run-folder.js'
import { journalOf, lockRun, runOf } from '../../control/run-lock.js'
import { asError, QanatError } from '../../core/api/errors.js'
import { DEFAULT_LOG_LEVEL, type Logger } from '../../core/api/logger.js'
import { type HookSettings, NO_HOOKS } from '../../core/settings/host-settings.js'
import { repair } from '../../host/repair.js'
import { EXIT_OK } from '../output/exit-codes.js'
import { createLogger } from '../output/log.js'
import { askRun, isRunning } from '../run/ask-run.js'
import { findRun } from '../run/find-runs.js'
import { readTunnelFile } from '../run/tunnel-file.js'

/** Milliseconds between looks whether a process is gone that has put back everything, and for how long. */
const INTERVAL = 20
const PATIENCE = 60_000

/** Ends a running tunnel and waits until everything is put back; of one that was killed, puts back what it left. */
export async function down(path: string): Promise<number> {
  if (runOf(path, runFolder(process.env)) === undefined && (await putBack(path))) return EXIT_OK
  const run = findRun(path)
  await askRun(run, path, 'down').catch((thrown) => {
    if (!(thrown instanceof QanatError) || thrown.code !== 'ERR_STARTING') throw thrown
    process.kill(run.pid, 'SIGTERM') // gives the start up
  })
  const deadline = performance.now() + PATIENCE
  while (isRunning(run)) {
    if (performance.now() > deadline) throw controlError(`Cannot end process ${run.pid}: it goes on`)
    await pause(INTERVAL)
  }
  return EXIT_OK
}

/** Whether there was anything to be put back of a tunnel that does not run. */
async function putBack(path: string): Promise<boolean> {
  const folder = runFolder(process.env)
  const journal = journalOf(path, folder)
  if (!existsSync(journal)) return false
  const lock = lockRun(path, folder)
  try {
    const log = await createLogger(DEFAULT_LOG_LEVEL)
    return (await repair(journal, hooksOf(path, log), log)) > 0
  } finally {
    lock.release()
  }
}

/** The commands of a file that belong to the end; none where it cannot be read any more. */
function hooksOf(path: string, log: Logger): HookSettings {
  try {
    return readTunnelFile(path).config.host?.hooks ?? NO_HOOKS
  } catch (thrown) {
    log.warn('skipping the hooks of the file', { why: asError(thrown).message })
    return NO_HOOKS
  }
}
