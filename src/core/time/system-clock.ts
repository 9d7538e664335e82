import type { Clock } from './clock.js'

// Kept in a constant: a look-up of the global at each use calls a getter of Node's.
const { performance } = globalThis

/** The host's time, by one clock for all tunnels of the process: timestamps grow from one tunnel to the next. */
export const systemClock: Clock = hostClock()

/** A new clock with the host's time: what is kept by clock, such as timestamps, starts anew. */
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
