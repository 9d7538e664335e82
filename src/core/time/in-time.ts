import type { Clock, Timer } from './clock.js'

/**
 * Waits for work, but for `limit` milliseconds at the most, and tells whether it was over by then. If it rejects by
 * then, so does this; what becomes of it later is nobody's matter.
 */
export async function inTime(clock: Clock, limit: number, work: Promise<unknown>): Promise<boolean> {
  let timer: Timer | undefined
  const late = new Promise<boolean>((resolve) => {
    if (limit < Number.POSITIVE_INFINITY) timer = clock.schedule(limit, () => resolve(false))
  })
  try {
    return await Promise.race([work.then(() => true), late])
  } finally {
    timer?.cancel()
  }
}
