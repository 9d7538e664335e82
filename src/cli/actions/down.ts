import { existsSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { controlError } from '../../control/protocol.js'
import { runFolder } from '../../control/run-folder.js'
import { journalOf, runOf } from '../../control/run-lock.js'
import { QanatError } from '../../core/api/errors.js'
import { EXIT_OK } from '../output/exit-codes.js'
import { askRun, isRunning } from '../run/ask-run.js'
import { findRun } from '../run/find-runs.js'

/** Milliseconds between checks whether a process that restored the host has exited, and for how long to check. */
const INTERVAL = 20
const PATIENCE = 60_000

/** Stops a running tunnel and waits until the host is restored; undoes what a killed one left. */
export async function down(path: string): Promise<number> {
  if (runOf(path, runFolder(process.env)) === undefined && (await restored(path))) return EXIT_OK
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

/** Whether a tunnel that does not run had left anything to undo. */
async function restored(path: string): Promise<boolean> {
  const journal = journalOf(path, runFolder(process.env))
  if (!existsSync(journal)) return false
  // A tunnel that runs restores the host itself: then nothing of this is loaded.
  const { restoreHost } = await import('../run/restore-host.js')
  return restoreHost(path, journal)
}
