import type { Clock } from './clock.js'

// Kept in a constant: a look-up of the global at each use calls a getter of Node's.
const { performance } = globalThis

/** The host's time, for all tunnels of the process: what has to grow from one to the next does. */
export const systemClock: Clock = hostClock()

/** The same time by a clock of its own, of which nothing is known by the other. */
export function hostClock(): Clock {
  return {
    now: () => performance.now(),
    wall: () => Date.now(),
    schedule(delay, callback) {
      // A delay beyond 2^31 - 1 ms would fire at once.
      const timer = setTimeout(callback, Math.min(delay, 2 ** 31 - 1))
      return { cancel: () => clearTimeout(timer) }
    },
  }
}
