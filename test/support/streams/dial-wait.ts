import type { DialWait } from '../../../src/core/api/transport.js'
import { AttemptSteps } from '../../../src/core/connector/attempt-steps.js'
import type { Clock } from '../../../src/core/time/clock.js'

/** What a dial is given by somebody who waits as long as it takes, or until the signal is aborted. */
export function patient(signal: AbortSignal = new AbortController().signal): DialWait {
  return { signal, step() {} }
}

/** What a dial is given by an attempt: its limits by a clock. `names` are the steps so far. */
export function limitedWait(
  clock: Clock,
  endpoint: string | URL,
): DialWait & { readonly names: string[]; end(): void } {
  const names: string[] = []
  const steps = new AttemptSteps({
    endpoint: new URL(endpoint),
    clock,
    run: (work) => work(),
    unnamed: Number.POSITIVE_INFINITY,
    unproven: 'handshake-silent',
    begun: ({ name }) => names.push(name),
    late(error) {
      steps.end()
      steps.abort(error)
    },
  })
  return { signal: steps.signal, step: steps.step, names, end: () => steps.end() }
}
