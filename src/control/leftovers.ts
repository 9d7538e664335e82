import { lockOnceRestored } from './lock-once-restored.js'
import { filesOf } from './run-lock.js'
import { isRecord } from './spent-files.js'

/**
 * Removes what a process that was killed left of the run of the file at `path`, its socket and its lock, but for
 * journals: those go once the host is restored. Waits for a process that does that.
 *
 * @returns Whether there was anything.
 * @throws ConfigError if a process runs the file.
 */
export async function removeLeftovers(path: string, folder: string): Promise<boolean> {
  if (filesOf(path, folder).every(isRecord)) return false
  const { lock } = await lockOnceRestored(path, folder, true) // whoever takes the lock removes what is spent
  lock.release()
  return true
}
