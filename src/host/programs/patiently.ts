import { hasCode } from '../../core/api/errors.js'
import type { Clock } from '../../core/time/clock.js'

/** Why a program cannot be started for the moment: descriptors, processes or memory ran out. fork(2), pipe(2) */
const PASSING = ['EMFILE', 'ENFILE', 'EAGAIN', 'ENOMEM']
/** Milliseconds between two attempts. */
export const PAUSE = 100
/** Attempts, 5 s of them. */
export const MAX_ATTEMPTS = 50

/**
 * Does what starts a program, again and again for 5 s while the host has no room for one more: at the end of a tunnel
 * nobody else undoes what it changed.
 *
 * @throws what `work` threw last.
 */
export async function patiently<Value>(clock: Clock, work: () => Promise<Value>): Promise<Value> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work()
    } catch (thrown) {
      if (attempt === MAX_ATTEMPTS || !hasCode(thrown, PASSING)) throw thrown
    }
    await new Promise<void>((resolve) => clock.schedule(PAUSE, resolve))
  }
}
