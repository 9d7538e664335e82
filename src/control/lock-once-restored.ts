import { setTimeout as pause } from 'node:timers/promises'
import { BeingRestored, lockRun, type RunLock } from './run-lock.js'

/** Milliseconds between attempts, and how many there are: hooks may take 30 s each. */
const INTERVAL = 50
const MAX_ATTEMPTS = 1_200

/** A lock, and whether another process had to restore the host first. */
export interface LateLock {
  readonly lock: RunLock
  readonly waited: boolean
}

/**
 * Locks a run as `lockRun` does, but waits for a process that restores the host after the run before, up to a minute.
 * `restores` says that this process does so itself.
 *
 * @throws ConfigError if another process runs it, or takes too long.
 */
export async function lockOnceRestored(path: string, folder: string, restores = false): Promise<LateLock> {
  for (let attempt = 1; ; attempt++) {
    try {
      return { lock: lockRun(path, folder, restores), waited: attempt > 1 }
    } catch (thrown) {
      const isPassing = thrown instanceof Error && thrown.cause instanceof BeingRestored
      if (!isPassing || attempt === MAX_ATTEMPTS) throw thrown
    }
    await pause(INTERVAL)
  }
}
