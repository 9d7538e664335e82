import type { Clock } from './clock.js'

// Kept in a constant: a look-up of the global at each use calls a getter of Node's.
const { performance } = globalThis

/** The host's time. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wall: () => Date.now(),
  schedule(delay, callback) {
    // A delay beyond 2^31 - 1 ms would fire at once.
    const timer = setTimeout(callback, Math.min(delay, 2 ** 31 - 1))
    return { cancel: () => clearTimeout(timer) }
  },
}
