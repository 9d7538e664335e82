import { performance } from 'node:perf_hooks' // the global of that name is looked up at each use
import type { Clock } from './clock.js'

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
