/** A signal that follows others until it is told to forget them. */
export interface FollowedSignals {
  readonly signal: AbortSignal
  /** Stops following, and leaves no listener behind. Idempotent. */
  forget(): void
}

/**
 * A signal that aborts with the first of several. AbortSignal.any would leave something behind on each of them that lives on.
 *
 * @param sources the signals to follow; one that is already aborted aborts it at once.
 * @returns the signal, and `forget`, to call once it is no longer needed.
 * @throws nothing
 * @example
 * const until = abortedWith([signal, context.signal])
 * try {
 *   await connect(until.signal)
 * } finally {
 *   until.forget()
 * }
 */
export function abortedWith(sources: readonly AbortSignal[]): FollowedSignals {
  const controller = new AbortController()
  const abort = () => controller.abort(sources.find(({ aborted }) => aborted)?.reason)
  if (sources.some(({ aborted }) => aborted)) abort()
  for (const source of sources) source.addEventListener('abort', abort)
  return {
    signal: controller.signal,
    forget() {
      for (const source of sources) source.removeEventListener('abort', abort)
    },
  }
}
