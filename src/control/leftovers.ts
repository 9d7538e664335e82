import { existsSync, rmSync } from 'node:fs'
import { lockOnceRestored } from './lock-once-restored.js'
import { runningOwner } from './lock-owner.js'
import { filesOf, isLock } from './run-lock.js'

/** A journal, which tells what is to be restored, and what root noted in it. */
const JOURNAL = /^.*\.journal(?=(?:\.noted)?$)/

/**
 * Removes what a process that was killed left of the run of the file at `path`, its socket and its lock, but for
 * journals: those go once the host is restored. Waits for a process that does that.
 *
 * @returns Whether there was anything.
 * @throws ConfigError if a process runs the file.
 */
export async function removeLeftovers(path: string, folder: string): Promise<boolean> {
  if (leftovers(path, folder).length === 0) return false
  const { lock } = await lockOnceRestored(path, folder, true)
  try {
    // Those of a start that is refused meanwhile are its own to remove.
    const others = leftovers(path, folder).filter((file) => file !== lock.path)
    for (const file of others)
      if (!isLock(file) || runningOwner(file) === undefined) rmSync(file, { force: true })
    return true
  } finally {
    lock.release()
  }
}

function leftovers(path: string, folder: string): string[] {
  const isNeeded = (file: string) => existsSync(JOURNAL.exec(file)?.[0] ?? '')
  return filesOf(path, folder).filter((file) => !isNeeded(file))
}
