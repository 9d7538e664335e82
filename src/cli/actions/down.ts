import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { removeLeftovers } from '../../control/leftovers.js'
import { controlError } from '../../control/protocol.js'
import { runFolder } from '../../control/run-folder.js'
import { journalOf, journalsOf, runOf } from '../../control/run-lock.js'
import { QanatError } from '../../core/api/errors.js'
import { DEFAULT_LOG_LEVEL } from '../../core/api/logger.js'
import { RESOLV_CONF, WRITTEN_BY } from '../../core/settings/name-servers.js'
import { EXIT_OK } from '../output/exit-codes.js'
import { remark } from '../output/output.js'
import { askRun, isRunning } from '../run/ask-run.js'
import { findRun, knownTunnelFile } from '../run/find-runs.js'

/** Milliseconds between checks whether a process that restored the host has exited, and for how long to check. */
const INTERVAL = 20
const PATIENCE = 60_000

/** The options of `down`. */
export interface DownOptions {
  /** Forgets what a tunnel left and nothing can undo, after saying what stays. */
  readonly force?: boolean
}

/** Stops a running tunnel and waits until the host is restored; undoes what a killed one left. */
export async function down(name: string, { force = false }: DownOptions = {}): Promise<number> {
  const path = knownTunnelFile(name)
  const folder = runFolder(process.env)
  if (runOf(path, folder) === undefined) {
    const were = await removeLeftovers(path, folder)
    if ((await restored(path, force)) || were) return EXIT_OK
  }
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

/**
 * Whether a tunnel that does not run had left anything to undo.
 *
 * @throws QanatError if it left something where only a process of another network namespace can undo it.
 */
async function restored(path: string, force: boolean): Promise<boolean> {
  const folder = runFolder(process.env)
  const journal = journalOf(path, folder)
  if (journalsOf(path, folder).length === 0 && !isWrittenByTunnel(RESOLV_CONF)) return false
  // A tunnel that runs restores the host itself: then nothing of this is loaded.
  const { restoreHost } = await import('../run/restore-host.js')
  const { createLogger } = await import('../output/log.js')
  const log = await createLogger(DEFAULT_LOG_LEVEL)
  const forgets = force
    ? (stays: string) => remark(`${stays} stays, and the journal forgets it: undo it yourself`)
    : undefined
  if (await restoreHost({ path, journal, log, forgets })) return true
  const elsewhere = journalsOf(path, folder).length
  if (elsewhere === 0) return false
  throw controlError(
    `Cannot restore what the tunnel of ${path} left in another network namespace: run 'qanat down' within that one`,
  )
}

/** Whether name servers of a tunnel are in force, which may be one that was forgotten in a power cut. */
function isWrittenByTunnel(path: string): boolean {
  try {
    return readFileSync(path, 'utf8').startsWith(WRITTEN_BY)
  } catch {
    return false
  }
}
