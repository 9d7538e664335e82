import type { QanatError } from '../../core/api/errors.js'
import type { Clock, Timer } from '../../core/time/clock.js'

/** Milliseconds between looks whether the page is still there. */
const INTERVAL = 1_000

/** What a login ends by. */
export interface LoginEnds {
  readonly clock: Clock
  readonly seconds: number
  /** Whether the page was there at the start. */
  readonly isThere: boolean
  /** Resolves with the exit code of the browser once it ended; undefined if it was killed. */
  readonly browser: Promise<number | undefined>
  /** Resolves with the reason once the tunnel no longer answers. */
  readonly tunnel: Promise<QanatError>
  /** Whether the page is there now. Rejects if the tunnel no longer answers. */
  readonly look: () => Promise<boolean>
  /** Aborted by a signal to this process. */
  readonly stopped: AbortSignal
}

/** How a login ended. */
export type LoginEnd =
  | { readonly by: 'page' | 'time' | 'signal' }
  | { readonly by: 'browser'; readonly code: number | undefined }
  | { readonly by: 'tunnel'; readonly why: QanatError }

/** Waits for the first of what ends a login: the page is gone, the browser or the tunnel ended, a signal, or the time is up. */
export function loginEnd(ends: LoginEnds): Promise<LoginEnd> {
  const { browser, clock, look, seconds, stopped, tunnel } = ends
  let wasThere = ends.isThere
  /** A look may be under way then. */
  let isOver = false
  let next: Timer | undefined
  let limit: Timer | undefined
  return new Promise<LoginEnd>((resolve) => {
    const again = () => {
      next = clock.schedule(INTERVAL, () => void see())
    }
    const see = async () => {
      try {
        const isThere = await look()
        if (wasThere && !isThere) return resolve({ by: 'page' })
        wasThere = isThere
      } catch {
        return // that the tunnel ended is told of by itself
      }
      if (!isOver) again()
    }
    const stop = () => resolve({ by: 'signal' })
    if (stopped.aborted) return stop()
    stopped.addEventListener('abort', stop)
    void browser.then((code) => resolve({ by: 'browser', code }))
    void tunnel.then((why) => resolve({ by: 'tunnel', why }))
    limit = clock.schedule(seconds * 1_000, () => resolve({ by: 'time' }))
    again()
  }).finally(() => {
    isOver = true
    next?.cancel()
    limit?.cancel()
  })
}
