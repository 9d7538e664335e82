import { setTimeout as pause } from 'node:timers/promises'
import { runFolder } from '../../config/run-folder.js'
import { allRuns, type Run } from '../../config/run-lock.js'
import { ask } from '../../control/client.js'
import { controlError } from '../../control/protocol.js'
import { EXIT_OK } from '../exit-codes.js'
import { findRun } from '../find-runs.js'

/** Milliseconds between looks whether a process is gone that has put back everything, and for how long. */
const INTERVAL = 20
const PATIENCE = 5_000

/** Ends a running tunnel and waits until everything is put back. */
export async function down(path: string): Promise<number> {
  const run = findRun(path)
  await ask(run.socket, path, 'down')
  const deadline = performance.now() + PATIENCE
  while (isRunning(run)) {
    if (performance.now() > deadline) throw controlError(`Cannot end process ${run.pid}: it goes on`)
    await pause(INTERVAL)
  }
  return EXIT_OK
}

function isRunning({ pid, socket }: Run): boolean {
  return allRuns(runFolder(process.env)).some((run) => run.socket === socket && run.pid === pid)
}
