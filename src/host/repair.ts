import { rmSync } from 'node:fs'
import { HostError } from '../core/errors.js'
import type { Logger } from '../core/logger.js'
import { ownNetwork, readJournal } from './journal.js'
import { undoAll } from './undo.js'

/**
 * Undoes what the journal at `path` says that a process which was killed left on this host. To be called while no
 * process runs that tunnel. What was undone already, or changed by somebody else meanwhile, stays as it is.
 *
 * @returns How many changes there were; 0 where nothing was left.
 * @throws HostError where some of it cannot be undone; the log tells what, and the journal is kept.
 */
export async function repair(path: string, log: Logger): Promise<number> {
  const left = readJournal(path)
  if (left === undefined) return 0
  if (left.network !== ownNetwork()) {
    // Its rules and settings are gone with it, or cannot be reached from here.
    log.warn('what was changed lies in another network namespace, and is left to it', { journal: path })
    rmSync(path, { force: true })
    return 0
  }
  log.info('putting back what a tunnel that was killed left behind', { changes: left.changes.length })
  const failed = await undoAll(left.changes, log)
  if (failed.length > 0) {
    throw new HostError(
      `Cannot put back ${failed.length} of ${left.changes.length} changes of the host: see the lines above, and try again as root`,
      { code: 'ERR_HOST_CHANGE' },
    )
  }
  rmSync(path, { force: true })
  return left.changes.length
}
