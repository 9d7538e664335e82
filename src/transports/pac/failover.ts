import { asError } from '../../core/api/errors.js'
import type { DialStep, DialWait } from '../../core/api/transport.js'
import { failure } from '../../core/reasons/reason.js'
import { abortedWith } from '../../core/time/aborted-with.js'
import type { Clock, Timer } from '../../core/time/clock.js'
import { Remembered } from '../../core/time/remembered.js'

/** Milliseconds for which a way that failed is tried after all others, as Chromium does, and ways of which that is known. */
const AVOIDED = { kept: 300_000, most: 1_024 }
/** Milliseconds of a step without an end after which the next way is tried, if there is one. */
const IMPATIENCE = 3_000

/** The order in which ways of a PAC file are tried: those that failed a short time ago after the others. */
export class Failover {
  readonly #clock: Clock
  /** When ways failed, by their names. */
  readonly #failed: Remembered<number>

  constructor(clock: Clock) {
    this.#clock = clock
    this.#failed = new Remembered(clock, AVOIDED)
  }

  /** Takes them all in their order again. */
  forget(): void {
    this.#failed.clear()
  }

  /**
   * What comes of the first way that works, in their order, but after the others those that failed before; the last one that is tried
   * has all the time that a step has.
   *
   * @param nameOf Tells each way's own name.
   * @throws the error of the only way, a Failure that tells that of the first, or what the signal of `wait` is aborted with.
   */
  async first<Way, Value>(
    ways: readonly Way[],
    {
      nameOf,
      pac,
      wait,
    }: { readonly nameOf: (way: Way) => string; readonly pac: string; readonly wait: DialWait },
    open: (way: Way, wait: DialWait) => Promise<Value>,
  ): Promise<Value> {
    wait.signal.throwIfAborted()
    const order = this.#ordered(ways, nameOf)
    const errors: unknown[] = []
    for (const [index, way] of order.entries()) {
      const bounded = index < order.length - 1 ? new Impatient(wait, this.#clock) : undefined
      try {
        const value = await open(way, bounded ?? wait)
        this.#failed.forget(nameOf(way))
        return value
      } catch (thrown) {
        this.#failed.note(nameOf(way), this.#clock.now())
        if (wait.signal.aborted) throw thrown
        errors.push(thrown)
      } finally {
        bounded?.end()
      }
    }
    if (errors.length === 1) throw errors[0]
    const why = asError(errors[0]).message
    throw failure('pac-ways', { pac, count: errors.length, way: nameOf(order[0]!), why }).by(errors[0])
  }

  #ordered<Way>(ways: readonly Way[], nameOf: (way: Way) => string): readonly Way[] {
    const failedAt = (way: Way) => this.#failed.get(nameOf(way)) ?? Number.NEGATIVE_INFINITY
    return [...ways].sort((one, other) => {
      const [at, otherAt] = [failedAt(one), failedAt(other)]
      return at === otherAt ? 0 : at - otherAt
    })
  }
}

/** A wait for a way beside which there are others: a step that takes long ends it, and nothing else. */
class Impatient implements DialWait {
  readonly signal: AbortSignal
  readonly note: DialWait['note']
  readonly #wait: DialWait
  readonly #clock: Clock
  readonly #late = new AbortController()
  readonly #forget: () => void
  #timer: Timer | undefined

  constructor(wait: DialWait, clock: Clock) {
    const { forget, signal } = abortedWith([wait.signal, this.#late.signal])
    this.signal = signal
    this.note = wait.note
    this.#forget = forget
    this.#wait = wait
    this.#clock = clock
  }

  readonly step: DialStep = (name, limit, late) => {
    this.#timer?.cancel()
    this.#timer = this.#clock.schedule(IMPATIENCE, () => {
      const said = typeof late === 'string' ? late : (late?.text ?? `'${name}' was not over`)
      this.#late.abort(failure('pac-way-late', { said, seconds: IMPATIENCE / 1_000 }))
    })
    this.#wait.step(name, limit, late)
  }

  end(): void {
    this.#timer?.cancel()
    this.#forget()
  }
}
