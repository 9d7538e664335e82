import { TransportError } from '../api/errors.js'
import { redact } from '../api/redact.js'
import type { DialStep, DialWait, Link } from '../api/transport.js'
import type { Connecting } from '../peers/peers.js'
import { type Reason, reason } from '../reasons/reason.js'
import { stepLimit } from '../settings/step-limits.js'
import type { Clock, Timer } from '../time/clock.js'

/** Milliseconds that an attempt may take in all, however many steps there are. */
export const ATTEMPT_LIMIT = 30_000
/** Steps that one dial may name; more are not heard. */
const MAX_STEPS = 64
/** What goes on before a dial names a step. */
const UNNAMED = 'dial'

/** What went wrong if a step took too long and nobody said more. */
const LATE: ReadonlyMap<string, Reason> = new Map([
  ['name', reason('name-late', { host: 'the server' })],
  ['connect', reason('connect-silent')],
  ['proxy', { code: 'proxy-silent', text: 'the proxy did not answer' }],
  ['tls', reason('tls-silent', { who: 'the server' })],
  ['upgrade', { code: 'upgrade-silent', text: 'the server did not answer the upgrade' }],
  ['handshake', { code: 'late', text: 'the handshake was not over' }],
])

/** A step that is over. */
export interface StepOver {
  readonly name: string
  /** Milliseconds that it took. */
  readonly ms: number
  /** Why it failed; undefined if it was done. */
  readonly error: Error | undefined
  /** What was noted of it. */
  readonly facts: Readonly<Record<string, unknown>>
}

/** What the steps of an attempt are made of. */
export interface AttemptStepsParts {
  readonly endpoint: URL
  readonly clock: Clock
  /** Does what is to be done now, as of an attempt. */
  readonly run: (work: () => void) => void
  /** Milliseconds for a dial that names no step. */
  readonly unnamed: number
  /** What is told of a peer that proves nothing by an open link. */
  readonly unproven: 'handshake-silent' | 'handshake-unanswered'
  readonly begun: (step: Connecting, limit: number) => void
  /** What became of a step; absent if nobody wants to know. */
  readonly over?: ((step: StepOver) => void) | undefined
  /** A step is not over in its time, or all of them are not. */
  readonly late: (error: TransportError) => void
}

/** What is said of a step that is not over after so many milliseconds. */
type Late = (milliseconds: number) => Reason

/** The steps of one attempt to reach a peer: what is waited for now, and for how long at the most. */
export class AttemptSteps implements DialWait {
  readonly #parts: AttemptStepsParts
  readonly #abort = new AbortController()
  readonly #whole: Timer
  #limit: Timer | undefined
  #name: string = UNNAMED
  #since = 0
  #reason!: Late
  #named = 0
  #isOver = false
  /** What was noted of the step under way. */
  #facts: Readonly<Record<string, unknown>> = {}
  /** Whether the dial may name steps. */
  #isDialling = true

  constructor(parts: AttemptStepsParts) {
    this.#parts = parts
    if (parts.over !== undefined) {
      this.note = (facts) => {
        this.#facts = { ...this.#facts, ...facts() }
      }
    }
    this.#whole = this.#after(ATTEMPT_LIMIT, () => {
      this.#late(this.#unanswered(reason('late', { step: this.#name }))(ATTEMPT_LIMIT))
    })
    this.#begin(UNNAMED, parts.unnamed, this.#unanswered(reason('not-reached')))
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
    const endpoint = redact(this.#parts.endpoint)
    this.#begin(name, limit, (after) => {
      const { code, text } = typeof late === 'string' ? { code: 'other', text: late } : late
      return { code, text: `Cannot dial ${endpoint}: ${text} in ${after / 1_000} s` }
    })
  }

  /** Absent unless debug lines are logged. */
  readonly note: DialWait['note']

  /** The step that is waited for. */
  get name(): string {
    return this.#name
  }

  /** When that step began. */
  get since(): number {
    return this.#since
  }

  /** What is said if it is given up now: that the step under way is not over, after how many whole seconds. */
  get late(): TransportError {
    return errorOf(this.#reason(1_000 * Math.floor((this.#parts.clock.now() - this.#since) / 1_000)))
  }

  /** The dial is over, and the peer has so many milliseconds to prove by `link` that it is there. */
  prove(limit: number, link: Link): void {
    this.#isDialling = false
    const { unproven } = this.#parts
    this.#begin('handshake', limit, (after) => this.#unanswered(link.unproven ?? reason(unproven))(after))
  }

  /** Nothing is waited for any more, since all went well or because of an error. Idempotent. */
  end(error?: Error): void {
    if (!this.#isOver) this.#tellOver(error)
    this.#isOver = true
    this.#isDialling = false
    this.#whole.cancel()
    this.#limit?.cancel()
  }

  /** Calls the dial off, because of an error or since nobody waits for it. */
  abort(reason?: Error): void {
    this.#abort.abort(reason)
  }

  #begin(name: string, limit: number, late: Late): void {
    const { begun, clock, endpoint } = this.#parts
    if (this.#name !== UNNAMED || !this.#isDialling) this.#tellOver(undefined)
    this.#name = name
    this.#since = clock.now()
    this.#reason = late
    this.#limit?.cancel()
    this.#limit = this.#after(limit, () => this.#late(late(limit)))
    begun({ endpoint, name, since: this.#since }, limit)
  }

  #tellOver(error: Error | undefined): void {
    const { clock, over } = this.#parts
    const facts = this.#facts
    this.#facts = {}
    over?.({ name: this.#name, ms: Math.round(clock.now() - this.#since), error, facts })
  }

  #late(late: Reason): void {
    this.#parts.late(errorOf(late))
  }

  #unanswered({ code, text }: Reason): Late {
    const endpoint = redact(this.#parts.endpoint)
    return (after) => ({ code, text: `no answer from ${endpoint} in ${after / 1_000} s: ${text}` })
  }

  #after(delay: number, work: () => void): Timer {
    const { clock, run } = this.#parts
    return clock.schedule(delay, () => run(work))
  }
}

function errorOf({ code, text }: Reason): TransportError {
  return new TransportError(text, { code: 'ERR_TRANSPORT_DIAL', reason: code })
}
