import type { Logger } from '../api/logger.js'
import { redact } from '../api/redact.js'
import { factsOf, type ToldReason } from '../reasons/reason.js'

/** Milliseconds between lines that say the same of an endpoint; doubled each time. */
const SHORTEST_INTERVAL = 60_000
const LONGEST_INTERVAL = 3_600_000

/** What was told of an endpoint. */
interface Told {
  readonly text: string
  readonly since: number
  /** Failures since the last line. */
  untold: number
  interval: number
  due: number
}

/** Logs why endpoints do not answer: each reason at once, and what goes on by lines that sum it up. */
export class FailureLog {
  readonly #log: Logger
  readonly #told = new Map<URL, Told>()

  constructor(log: Logger) {
    this.#log = log
  }

  /** An endpoint does not answer; `facts` belong to this time alone. */
  failed(endpoint: URL, reason: ToldReason, facts: Readonly<Record<string, unknown>>, now: number): void {
    const fields = { endpoint: redact(endpoint), ...factsOf(reason), ...facts }
    const last = this.#told.get(endpoint)
    if (last?.text !== reason.text) {
      const due = now + SHORTEST_INTERVAL
      this.#told.set(endpoint, { text: reason.text, since: now, untold: 0, interval: SHORTEST_INTERVAL, due })
      this.#log.warn('endpoint does not answer', fields)
      return
    }
    last.untold++
    if (now < last.due) {
      this.#log.debug('endpoint does not answer', fields)
      return
    }
    const forSeconds = Math.round((now - last.since) / 1_000)
    this.#log.warn('endpoint still does not answer', { ...fields, times: last.untold, forSeconds })
    last.untold = 0
    last.interval = Math.min(LONGEST_INTERVAL, 2 * last.interval)
    last.due = now + last.interval
  }

  /** It answers: what goes wrong next is told at once. */
  answered(endpoint: URL): void {
    this.#told.delete(endpoint)
  }
}
