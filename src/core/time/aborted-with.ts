/** A signal that follows others until they are forgotten. */
export interface FollowedSignals {
  readonly signal: AbortSignal
  /** Leaves nothing with the signals that were followed. Idempotent. */
  forget(): void
}

/**
 * A signal that is aborted with the first of some. By hand, since AbortSignal.any leaves something with a signal that lives on.
 *
 * @param sources what is followed; one that is aborted already aborts it at once.
 * @returns the signal, and what is to be called once it is not needed any more.
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
