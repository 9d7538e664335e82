import { HostError } from '../core/api/errors.js'
import type { Change } from './record/change.js'
import { Journal, ownNetwork, readJournal } from './record/journal.js'
import { type UndoParts, undoAll } from './undo.js'

/**
 * Undoes what the journal at `path` says that a process which was killed left on this host. To be called while no
 * process runs that tunnel, whose file says what `hooks` are. What was undone already, or changed by somebody else meanwhile, stays as it is.
 *
 * @returns How many changes there were; 0 if nothing was left.
 * @throws HostError ERR_HOST_CHANGE if some of it cannot be undone; the log tells what, and the journal keeps it.
 */
export async function repair(path: string, parts: UndoParts): Promise<number> {
  return (await repairExcept(path, parts, () => false)).repaired
}

/** The same but for changes that are to stay, which the journal keeps. */
export async function repairExcept(
  path: string,
  parts: UndoParts,
  stays: (change: Change) => boolean,
): Promise<{ repaired: number; staying: readonly Change[] }> {
  const { log } = parts
  const left = readJournal(path)
  if (left === undefined) return { repaired: 0, staying: [] }
  const journal = new Journal(path)
  if (left.network !== ownNetwork()) {
    // Its rules and settings are gone with it, or cannot be reached from here.
    log.warn('leaving changes in another network namespace alone', { journal: path })
    journal.settle([])
    return { repaired: 0, staying: [] }
  }
  log.info('restoring the host after a tunnel that was killed', { changes: left.changes.length })
  const staying = left.changes.filter(stays)
  const leaving = left.changes.filter((change) => !stays(change))
  const failed = await undoAll(leaving, { ...parts, others: () => journal.others() })
  journal.settle([...staying, ...failed])
  if (failed.length === 0) return { repaired: leaving.length, staying }
  throw new HostError(
    `Cannot restore ${failed.length} of ${left.changes.length} changes of the host: see the lines above, and try again as root`,
    { code: 'ERR_HOST_CHANGE' },
  )
}
