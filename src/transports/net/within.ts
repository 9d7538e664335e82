import type { Clock } from '../../core/time/clock.js'
import type { Turns } from '../../core/time/turns.js'

/** Bounds for work that waits for another party. */
export interface Bound {
  readonly clock: Clock
  /** Milliseconds. */
  readonly limit: number
  /** Calls the work off. */
  readonly signal: AbortSignal
  /** What the work's signal is aborted with when the time is over. */
  readonly late: () => Error
}

/**
 * Does work that is called off when time is over or when `signal` is aborted, whichever comes first. The work
 * rejects with its signal's reason then.
 */
export async function within<Value>(
  { clock, limit, signal, late }: Bound,
  work: (signal: AbortSignal) => Promise<Value>,
): Promise<Value> {
  signal.throwIfAborted()
  const controller = new AbortController()
  const abort = () => controller.abort(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  const timer = clock.schedule(limit, () => controller.abort(late()))
  try {
    return await work(controller.signal)
  } finally {
    timer.cancel()
    signal.removeEventListener('abort', abort)
  }
}

/**
 * A promise for what `start` begins, rejected with the signal's reason where that is aborted first. `start` is
 * given the ways to settle, to be called later than it returns; what it returns cleans up and is called once,
 * however the promise is settled.
 */
export async function abortable<Value>(
  signal: AbortSignal,
  start: (resolve: (value: Value) => void, reject: (error: unknown) => void) => () => void,
): Promise<Value> {
  signal.throwIfAborted()
  return new Promise((resolve, reject) => {
    const settle = (outcome: () => void) => {
      signal.removeEventListener('abort', abort)
      cleanUp()
      outcome()
    }
    const abort = () => settle(() => reject(signal.reason))
    const cleanUp = start(
      (value) => settle(() => resolve(value)),
      (error) => settle(() => reject(error)),
    )
    signal.addEventListener('abort', abort, { once: true })
  })
}

/**
 * What work comes to that cannot be called off, or the signal's reason as soon as that is aborted; then what becomes of the
 * work is nobody's concern. Nothing is begun if the signal is aborted already.
 */
export function unlessAborted<Value>(signal: AbortSignal, work: () => Promise<Value>): Promise<Value> {
  return abortable(signal, (resolve, reject) => {
    work().then(resolve, reject)
    return () => {}
  })
}

/**
 * Does work once all before it is over. If the signal is aborted by then, rejects with its reason at once, and the turn is
 * nobody's.
 */
export async function inTurn<Value>(
  turns: Turns,
  signal: AbortSignal,
  work: () => Promise<Value>,
): Promise<Value> {
  let done!: Promise<Value>
  const turn = () =>
    new Promise<void>((comes) => {
      done = turns.take(async () => {
        signal.throwIfAborted()
        comes()
        return work()
      })
      done.catch(() => {}) // told below, to whoever waits
    })
  await unlessAborted(signal, turn)
  return done
}
