import { TransportError } from '../api/errors.js'
import { redact } from '../api/redact.js'
import type { DialStep, DialWait } from '../api/transport.js'
import type { Connecting } from '../peers/peers.js'
import { stepLimit } from '../settings/step-limits.js'
import type { Clock, Timer } from '../time/clock.js'

/** Milliseconds that an attempt may take in all, however many steps there are. */
export const ATTEMPT_LIMIT = 30_000
/** Steps that one dial may name; more are not heard. */
const MAX_STEPS = 64
/** What goes on before a dial names a step. */
const UNNAMED = 'dial'

/** What went wrong where a step took too long and nobody said more. */
const LATE: ReadonlyMap<string, string> = new Map([
  ['name', 'no name server told the address'],
  ['connect', 'the server did not accept a connection'],
  ['proxy', 'the proxy did not answer'],
  ['tls', 'the server did not finish the TLS handshake'],
  ['upgrade', 'the server did not answer the upgrade'],
  ['handshake', 'the handshake was not over'],
])

/** What the steps of an attempt are made of. */
export interface AttemptStepsParts {
  readonly endpoint: URL
  readonly clock: Clock
  /** Does what is to be done now, as of an attempt. */
  readonly run: (work: () => void) => void
  /** Milliseconds for a dial that names no step. */
  readonly unnamed: number
  readonly begun: (step: Connecting, limit: number) => void
  /** A step is not over in its time, or all of them are not. */
  readonly late: (error: TransportError) => void
}

/** The steps of one attempt to reach a peer: what is waited for now, and for how long at the most. */
export class AttemptSteps implements DialWait {
  readonly #parts: AttemptStepsParts
  readonly #abort = new AbortController()
  readonly #whole: Timer
  #limit: Timer | undefined
  #name: string = UNNAMED
  #named = 0
  /** Whether the dial may name steps. */
  #isDialling = true

  constructor(parts: AttemptStepsParts) {
    this.#parts = parts
    this.#whole = this.#after(ATTEMPT_LIMIT, () =>
      this.#late(`${this.#unanswered(ATTEMPT_LIMIT)}: waiting for ${this.#name} last`),
    )
    this.#begin(UNNAMED, parts.unnamed, `${this.#unanswered(parts.unnamed)}: not reached`)
  }

  get signal(): AbortSignal {
    return this.#abort.signal
  }

  readonly step: DialStep = (
    name,
    limit = stepLimit(name),
    late = LATE.get(name) ?? `'${name}' was not over`,
  ) => {
    if (!this.#isDialling || this.#named++ >= MAX_STEPS) return
    this.#begin(name, limit, `Cannot dial ${redact(this.#parts.endpoint)}: ${late} in ${limit / 1_000} s`)
  }

  /** The dial is over, and the peer has so many milliseconds to prove that it is there. */
  prove(limit: number): void {
    this.#isDialling = false
    this.#begin('handshake', limit, `${this.#unanswered(limit)}: wrong key, wrong port or blocked?`)
  }

  /** Nothing is waited for any more. Idempotent. */
  end(): void {
    this.#isDialling = false
    this.#whole.cancel()
    this.#limit?.cancel()
  }

  /** Calls the dial off, because of an error or since nobody waits for it. */
  abort(reason?: Error): void {
    this.#abort.abort(reason)
  }

  #begin(name: string, limit: number, late: string): void {
    const { begun, clock, endpoint } = this.#parts
    this.#name = name
    this.#limit?.cancel()
    this.#limit = this.#after(limit, () => this.#late(late))
    begun({ endpoint, name, since: clock.now() }, limit)
  }

  #late(message: string): void {
    this.#parts.late(new TransportError(message, { code: 'ERR_TRANSPORT_DIAL' }))
  }

  #unanswered(limit: number): string {
    return `no answer from ${redact(this.#parts.endpoint)} in ${limit / 1_000} s`
  }

  #after(delay: number, work: () => void): Timer {
    const { clock, run } = this.#parts
    return clock.schedule(delay, () => run(work))
  }
}
