import { existsSync, readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { notRunning } from '../../control/client.js'
import { isStopped } from '../../control/is-stopped.js'
import { removeLeftovers } from '../../control/leftovers.js'
import { controlError } from '../../control/protocol.js'
import { runFolder } from '../../control/run-folder.js'
import { filesOf, journalOf, journalsOf, type Run } from '../../control/run-lock.js'
import { hasCode, isQanatError } from '../../core/api/errors.js'
import { DEFAULT_LOG_LEVEL } from '../../core/api/logger.js'
import { RESOLV_CONF, WRITTEN_BY } from '../../core/settings/name-servers.js'
import { EXIT_OK } from '../output/exit-codes.js'
import { remark } from '../output/output.js'
import { askRun } from '../run/ask-run.js'
import { isRunning, knownTunnelFile, runAt } from '../run/find-runs.js'
import { actAsService, refusedBy, serviceFolderOf } from '../run/service-folder.js'

/** Milliseconds between checks whether a process that restored the host has exited, and for how long to check. */
const INTERVAL = 20
const PATIENCE = 60_000

/** Root undoes what a service noted with its user's rights alone, who may enter no namespace but in the unit. */
const BY_SERVICE = 'a new start of the service undoes it'

/** The options of `down`. */
export interface DownOptions {
  /** Forgets what a tunnel left and nothing can undo, after saying what stays. */
  readonly force?: boolean
}

/**
 * Stops a running tunnel and waits until the host is restored; undoes what it could not undo, or a killed one left. Tells if
 * there was nothing to do.
 */
export async function down(name: string, { force = false }: DownOptions = {}): Promise<number> {
  const path = knownTunnelFile(name)
  const run = runAt(path)
  if (run !== undefined) await end(run, path)
  const cleared = await clear(path, force, run === undefined)
  if (run !== undefined || cleared) return EXIT_OK
  const refused = refusedBy(path, 'end')
  if (refused !== undefined) throw refused
  if (!existsSync(path)) throw notRunning(path)
  remark(`the tunnel of ${path} is not running, and nothing of it is left`)
  return EXIT_OK
}

async function end(run: Run, path: string): Promise<void> {
  if (isStopped(run.pid)) goOn(run)
  await askRun(run, path, 'down').catch((thrown) => {
    if (!isQanatError(thrown) || thrown.code !== 'ERR_STARTING') throw thrown
    process.kill(run.pid, 'SIGTERM') // gives the start up
  })
  const deadline = performance.now() + PATIENCE
  while (isRunning(run)) {
    if (performance.now() > deadline) throw controlError(`Cannot end process ${run.pid}: it goes on`)
    await pause(INTERVAL)
  }
}

function goOn({ pid }: Run): void {
  try {
    process.kill(pid, 'SIGCONT')
  } catch (thrown) {
    if (!hasCode(thrown, ['EPERM'])) throw thrown // asking it tells what helps
  }
}

/**
 * Undoes what a tunnel left. A start that took over a kill switch leaves it when it is given up. Of one that was `killed`,
 * its socket and its lock go, too, and name servers that were forgotten in a power cut.
 *
 * @returns Whether there was anything.
 * @throws QanatError if it left something where only a process of another network namespace can undo it.
 */
async function clear(path: string, force: boolean, killed: boolean): Promise<boolean> {
  let were = await clearFolder(path, runFolder(process.env), force, killed)
  const service = serviceFolderOf(path)
  if (service !== undefined && filesOf(path, service).length > 0) {
    await actAsService(service, journalsOf(path, service)[0])
    were = (await clearFolder(path, service, force, killed, BY_SERVICE)) || were
  }
  return were
}

async function clearFolder(
  path: string,
  folder: string,
  force: boolean,
  killed: boolean,
  remedy?: string,
): Promise<boolean> {
  const were = killed && (await removeLeftovers(path, folder))
  const mayBeLeft = journalsOf(path, folder).length > 0 || (killed && isWrittenByTunnel(RESOLV_CONF))
  return (mayBeLeft && (await restored(path, folder, force, remedy))) || were
}

async function restored(
  path: string,
  folder: string,
  force: boolean,
  remedy: string | undefined,
): Promise<boolean> {
  const journal = journalOf(path, folder)
  // A tunnel that runs restores the host itself: then nothing of this is loaded.
  const { restoreHost } = await import('../run/restore-host.js')
  const { createLogger } = await import('../output/log.js')
  const log = createLogger({ level: DEFAULT_LOG_LEVEL })
  const forgets = force
    ? (stays: string) => remark(`${stays} stays, and the journal forgets it: undo it yourself`)
    : undefined
  if (await restoreHost({ path, journal, log, forgets, remedy })) return true
  if (journalsOf(path, folder).length === 0) return false
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
