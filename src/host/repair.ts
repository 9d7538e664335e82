import { statSync } from 'node:fs'
import { HostError } from '../core/errors.js'
import type { Logger } from '../core/logger.js'
import { systemClock } from '../core/system-clock.js'
import type { Change } from './change.js'
import { isHarmless } from './harmless.js'
import type { HookParts } from './hooks.js'
import { Journal, ownNetwork, readJournal } from './journal.js'
import { undoAll } from './undo.js'

/**
 * Undoes what the journal at `path` says that a process which was killed left on this host. To be called while no
 * process runs that tunnel. What was undone already, or changed by somebody else meanwhile, stays as it is.
 *
 * @returns How many changes there were; 0 where nothing was left.
 * @throws HostError ERR_HOST_CHANGE where some of it cannot be undone; the log tells what, and the journal keeps it.
 */
export async function repair(path: string, log: Logger): Promise<number> {
  return (await repairExcept(path, { log, clock: systemClock }, () => false)).repaired
}

/** The same but for changes that are to stay, which the journal keeps. */
export async function repairExcept(
  path: string,
  parts: HookParts,
  stays: (change: Change) => boolean,
): Promise<{ repaired: number; staying: readonly Change[] }> {
  const { log } = parts
  const left = readJournal(path)
  if (left === undefined) return { repaired: 0, staying: [] }
  const journal = new Journal(path)
  if (left.network !== ownNetwork()) {
    // Its rules and settings are gone with it, or cannot be reached from here.
    log.warn('what was changed lies in another network namespace, and is left to it', { journal: path })
    journal.settle([])
    return { repaired: 0, staying: [] }
  }
  const changes = trusted(path, left.changes, log)
  log.info('putting back what a tunnel that was killed left behind', { changes: changes.length })
  const staying = changes.filter(stays)
  const leaving = changes.filter((change) => !stays(change))
  const failed = await undoAll(leaving, { ...parts, others: () => journal.others() })
  journal.settle([...staying, ...failed])
  if (failed.length === 0) return { repaired: leaving.length, staying }
  throw new HostError(
    `Cannot put back ${failed.length} of ${changes.length} changes of the host: see the lines above, and try again as root`,
    { code: 'ERR_HOST_CHANGE' },
  )
}

/** What of a journal may be undone by this process: of another user's, which may be forged, not everything. */
function trusted(path: string, changes: readonly Change[], log: Logger): readonly Change[] {
  if (statSync(path).uid === process.getuid!()) return changes
  const harmless = changes.filter(isHarmless)
  const left = changes.length - harmless.length
  if (left > 0) log.warn('hooks of a tunnel that had given up root are not run', { journal: path, left })
  return harmless
}
