import type { Exchange } from './exchange.js'
import { BUFFERED, LATE, MAX_POLLS, SILENT, STREAM_RENEWAL, TRIAL_EVERY } from './limits.js'
import { AGAIN, POLL, TRIAL } from './wire.js'

/** Milliseconds. A streamed answer that is cut sooner was not cut for its age. */
const LEAST_AGE = 3_000
/** How much of the age at which answers are cut the next one is begun at. */
const BEFORE_CUT = 0.8

/** A request for data. */
interface DownRequest {
  readonly flags: number
  readonly isStream: boolean
  readonly isTrial: boolean
}

/** Decides by which requests the server's data is asked for. */
export class DownRequests {
  /** Whether answers are held back on the way until they end. */
  polls: boolean
  /** What brings data in stream mode. */
  #stream: Exchange | undefined
  readonly #polls = new Set<Exchange>()
  #trial: Exchange | undefined
  #nextTrial: number | undefined
  /** Whether an answer was lost that may have had data. */
  #isLost = false
  /** Whether what comes bit by bit came so once. */
  #hasStreamed = false
  /** Milliseconds after which streamed answers are followed by the next one. */
  #renewal: number = STREAM_RENEWAL.age

  constructor(polls: boolean) {
    this.polls = polls
    this.#isLost = polls
  }

  /** The request that is to be made now, of which `begun` is told then. */
  next(now: number): DownRequest | undefined {
    if (!this.polls) return this.#needsStream(now) ? STREAM : undefined
    this.#nextTrial ??= now + TRIAL_EVERY
    if (now >= this.#nextTrial && this.#trial === undefined) return TRIAL_STREAM
    if (this.#polls.size >= MAX_POLLS) return undefined
    return { flags: POLL | (this.#isLost ? AGAIN : 0), isStream: false, isTrial: false }
  }

  begun(exchange: Exchange): void {
    if (exchange.isTrial) this.#trial = exchange
    else if (exchange.isStream) {
      if (this.#stream !== undefined) this.#stream.isRelieved = true
      this.#stream = exchange
    } else {
      this.#isLost = false
      this.#polls.add(exchange)
    }
  }

  /** Something came of an answer. */
  came(exchange: Exchange): void {
    const { hasBegun, isWhole } = exchange.reader
    if (!exchange.isStream || !hasBegun || isWhole) return // one that ends at once may have been held back until then
    this.#hasStreamed = true
    if (exchange !== this.#trial) return
    this.polls = false // what comes bit by bit passes again
    this.#trial = undefined
    this.#nextTrial = undefined
  }

  over(exchange: Exchange): void {
    this.#polls.delete(exchange)
    if (exchange === this.#stream) this.#stream = undefined
    if (exchange === this.#trial) this.#noTrial(exchange.heard)
  }

  /** Whether it was a streamed answer that was cut for its age, from which is learned when to ask for the next one. */
  broke(exchange: Exchange, now: number): boolean {
    if (exchange.isStream && !exchange.reader.hasBegun) this.#hasStreamed = false
    const wasStream = exchange === this.#stream || exchange.isRelieved
    this.over(exchange)
    if (this.polls && exchange.kind !== 'open') this.#isLost = true
    const age = now - exchange.begun
    if (!wasStream || !exchange.reader.hasBegun || age < LEAST_AGE) return exchange.isRelieved
    this.#renewal = Math.min(this.#renewal, Math.max(LEAST_AGE, age) * BEFORE_CUT)
    return true
  }

  /** Whether it is a streamed answer of which nothing came in time. */
  isHeldBack(exchange: Exchange): boolean {
    const { isStream, isTrial, reader, sent } = exchange
    return isStream && sent !== undefined && !reader.hasBegun && (isTrial || !this.#hasStreamed)
  }

  /** Nothing came of a streamed answer: something on the way keeps it back. */
  heldBack(exchange: Exchange, now: number): void {
    if (exchange.isTrial) this.#noTrial(now)
    else {
      this.over(exchange)
      if (exchange.isRelieved) return
      this.polls = true
      this.#isLost = true
      this.#nextTrial = now + TRIAL_EVERY
    }
  }

  /** When a streamed answer is to be given up, by how long the server takes to answer at once. */
  dueOf({ begun, heard, isTrial, reader, sent }: Exchange, roundTrip: number): number {
    if (sent === undefined) return begun + LATE
    if (reader.hasBegun || (this.#hasStreamed && !isTrial))
      return Math.max(heard, sent) + SILENT + 2 * roundTrip
    return sent + BUFFERED + 2 * roundTrip
  }

  /** When the next request is to be made although nothing happens. */
  get nextTick(): number {
    if (this.polls) return this.#trial === undefined ? (this.#nextTrial ?? 0) : Number.POSITIVE_INFINITY
    return this.#stream === undefined ? 0 : this.#stream.begun + this.#renewal
  }

  #needsStream(now: number): boolean {
    const stream = this.#stream
    if (stream === undefined) return true
    return now >= stream.begun + this.#renewal || stream.bytes >= STREAM_RENEWAL.bytes
  }

  #noTrial(now: number): void {
    this.#trial = undefined
    this.#nextTrial = now + TRIAL_EVERY
  }
}

const STREAM: DownRequest = { flags: 0, isStream: true, isTrial: false }
const TRIAL_STREAM: DownRequest = { flags: TRIAL, isStream: true, isTrial: true }
