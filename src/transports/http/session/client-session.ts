import { type PortalReason, type Reason, reason } from '../../../core/reasons/reason.js'
import { AnswerReader } from './answer-reader.js'
import { DownRequests } from './down-requests.js'
import type { Broken, Exchange } from './exchange.js'
import { Inbox } from './inbox.js'
import { ACK_BYTES, ACK_DELAY, BACKOFF, BULK, LATE, RETRY_AFTER, SESSION_LIFE, SPACING } from './limits.js'
import { Outbox } from './outbox.js'
import { UpPosts } from './up-posts.js'
import { type Head, POLL, writeHead } from './wire.js'

/** RFC 9110 section 15.5.14 */
const CONTENT_TOO_LARGE = 413
const NOT_FOUND = 404
/** Statuses with which somebody asks for patience: RFC 6585 section 4, RFC 9110 section 15.6.4. */
const PATIENCE: readonly (number | undefined)[] = [429, 503]

/** What the session of a client needs. */
export interface ClientSessionParts {
  /** Random bytes that name it. */
  readonly id: Uint8Array
  /** Whether answers of this server are known to be held back on the way until they end. */
  readonly polls: boolean
  readonly now: number
  /** How many posts of data may be under way, once the far end is there. */
  readonly mostPosts: () => number
  /** Who answers, in words. */
  readonly who: string
  /** Bytes came, in order; lent for the call. */
  readonly deliver: (bytes: Uint8Array) => void
}

/**
 * The client's side of a session over HTTP exchanges: two streams of bytes, one each way, of which exchanges carry parts. It is
 * a state machine: what it begins and ends is done by its user, who tells it what came and what time it is.
 */
export class ClientSession {
  readonly outbox = new Outbox()
  readonly inbox = new Inbox()
  /** Why it is over; undefined while it goes on. */
  failure: PortalReason | undefined
  /** Whether the server knows of it. */
  isOpen = false
  readonly #parts: ClientSessionParts
  readonly #posts = new UpPosts(this.outbox)
  readonly #down: DownRequests
  readonly #exchanges = new Set<Exchange>()
  #isOpening = false
  /** How far the server was told what came. */
  #told = 0
  #ackDue = Number.POSITIVE_INFINITY
  #pausedUntil = Number.NEGATIVE_INFINITY
  #failures = 0
  #lastSuccess: number
  #lastWhy: PortalReason = reason('post-late')
  /** Milliseconds that the server took to open the session. */
  #roundTrip = 0
  #now: number

  constructor(parts: ClientSessionParts) {
    this.#parts = parts
    this.#now = parts.now
    this.#lastSuccess = parts.now
    this.#down = new DownRequests(parts.polls)
  }

  /** Why the last exchange broke; undefined once another one is over since. */
  get trouble(): Reason | undefined {
    return this.#failures > 0 ? this.#lastWhy : undefined
  }

  /** Whether answers are held back on the way until they end. */
  get polls(): boolean {
    return this.#down.polls
  }

  /** The next exchange to begin now; undefined if there is none. To be asked until then whenever something happened. */
  next(now: number): Exchange | undefined {
    this.#now = now
    if (this.failure !== undefined || now < this.#pausedUntil) return undefined
    if (!this.isOpen) return this.#open()
    return this.#nextDown() ?? this.#nextUp()
  }

  /** The last exchange, which says goodbye. */
  close(now: number): Exchange {
    this.#now = now
    return this.#begin('close', { from: this.outbox.end, to: this.outbox.end })
  }

  /** The request of an exchange is on its way. */
  sent(exchange: Exchange, now: number): void {
    exchange.sent ??= now
    exchange.heard = now
  }

  /** Part of an answer came. */
  came(exchange: Exchange, bytes: Uint8Array, now: number): void {
    if (!this.#exchanges.has(exchange)) return
    this.#now = now
    exchange.heard = now
    exchange.bytes += bytes.length
    exchange.reader.push(bytes)
    this.#down.came(exchange)
  }

  /** An answer ended. */
  ended(exchange: Exchange, now: number): void {
    if (exchange.reader.isBad || !exchange.reader.hasBegun) {
      this.broke(exchange, { why: reason('post-foreign', { who: this.#parts.who }) }, now)
      return
    }
    if (!exchange.reader.isWhole) {
      this.broke(exchange, { why: reason('post-cut') }, now)
      return
    }
    if (!this.#exchanges.delete(exchange)) return
    if (exchange.kind === 'open') this.#measured(now - (exchange.sent ?? now))
    this.#succeeded(now)
    this.#over(exchange)
  }

  /** An exchange came to nothing, or not to its end. */
  broke(exchange: Exchange, broken: Broken, now: number): void {
    if (!this.#exchanges.delete(exchange)) return
    this.#now = now
    const isTooLarge = broken.status === CONTENT_TOO_LARGE && exchange.to > exchange.from
    if (exchange.kind === 'up') this.#posts.broke(exchange, isTooLarge)
    const wasCutAtAge = this.#down.broke(exchange, now)
    this.#lastWhy = broken.why
    if (exchange.kind === 'open') this.failure = broken.why
    else if (broken.status === NOT_FOUND) this.failure = this.#unknown()
    else if (!(wasCutAtAge || isTooLarge || broken.wasStale || exchange.isTrial)) this.#pause(broken)
  }

  /** Ends what is over by time, to be called at {@link nextTick} or later: the exchanges that are to be given up. */
  tick(now: number): Exchange[] {
    this.#now = now
    if (this.failure === undefined && now >= this.#lastSuccess + SESSION_LIFE) this.failure = this.#lastWhy
    const late = [...this.#exchanges].filter((exchange) => this.#dueOf(exchange) <= now)
    for (const exchange of late) {
      if (this.#down.isHeldBack(exchange)) {
        this.#exchanges.delete(exchange)
        this.#down.heldBack(exchange, now)
      } else this.broke(exchange, { why: reason('post-late') }, now)
    }
    return late
  }

  /** When there is something to be done although nothing happens. */
  get nextTick(): number {
    if (this.failure !== undefined) return Number.POSITIVE_INFINITY
    let next = this.#lastSuccess + SESSION_LIFE
    for (const exchange of this.#exchanges) next = Math.min(next, this.#dueOf(exchange))
    if (this.#pausedUntil > this.#now) return Math.min(next, this.#pausedUntil)
    // What is due and was not begun waits for the end of something else.
    if (this.isOpen && this.#ackDue > this.#now) next = Math.min(next, this.#ackDue)
    return this.isOpen ? Math.min(next, this.#down.nextTick, this.#posts.due) : next
  }

  #open(): Exchange | undefined {
    if (this.#isOpening) return undefined
    this.#isOpening = true
    return this.#begin('open', { from: 0, to: 0 })
  }

  #nextDown(): Exchange | undefined {
    const request = this.#down.next(this.#now)
    if (request === undefined) return undefined
    const exchange = this.#begin('down', { from: this.outbox.end, to: this.outbox.end, ...request })
    this.#down.begun(exchange)
    return exchange
  }

  #nextUp(): Exchange | undefined {
    const untold = this.inbox.next - this.#told
    this.#posts.waits = untold >= BULK.bytes && untold < ACK_BYTES
    const range =
      this.#posts.next(this.#now) ?? (this.#now >= this.#ackDue ? this.#posts.empty(this.#now) : undefined)
    if (range === undefined) return undefined
    return this.#begin('up', { ...range, flags: this.polls ? POLL : 0 })
  }

  #begin(
    kind: Exchange['kind'],
    { from, to, flags = 0, isStream = false, isTrial = false }: BeginParts,
  ): Exchange {
    const { id } = this.#parts
    const { next, window } = this.inbox
    const head = writeHead({ kind, flags, session: id, ack: next, offset: from, window })
    this.#told = next
    this.#ackDue = Number.POSITIVE_INFINITY
    const reader = new AnswerReader({
      began: (answer) => this.#answered(kind, answer),
      data: (offset, bytes) => this.#take(offset, bytes),
      acked: (offset) => this.#acked(offset),
    })
    const body = [head, ...this.outbox.slice(from, to)]
    const now = this.#now
    const exchange: Exchange = {
      ...{ kind, isStream, isTrial, body, from, to, begun: now, reader },
      ...{ sent: undefined, heard: now, bytes: 0, isRelieved: false },
    }
    if (kind !== 'close') this.#exchanges.add(exchange)
    return exchange
  }

  /** The head of an answer came. */
  #answered(kind: Exchange['kind'], { ack, session, window }: Head): boolean {
    if (!session.every((byte, index) => byte === this.#parts.id[index])) return false
    if (kind === 'open') this.isOpen = true
    this.#posts.window = Math.max(this.#posts.window, window)
    this.#acked(ack)
    this.#succeeded(this.#now)
    return true
  }

  #acked(offset: number): void {
    this.outbox.ack(offset)
  }

  #take(offset: number, bytes: Uint8Array): void {
    for (const turn of this.inbox.take(offset, bytes)) {
      this.#posts.limit = this.#parts.mostPosts() // the far end is there, and this end known to it
      this.#parts.deliver(turn)
    }
    const untold = this.inbox.next - this.#told
    if (untold >= ACK_BYTES) this.#ackDue = this.#now
    else if (untold > 0) this.#ackDue = Math.min(this.#ackDue, this.#now + ACK_DELAY)
  }

  #over(exchange: Exchange): void {
    if (exchange.kind === 'up') this.#posts.done(exchange)
    this.#down.over(exchange)
  }

  /** Why a server does not know the session. One that was started anew would not go on with an answer that it had begun. */
  #unknown(): Reason {
    const goesOn = [...this.#exchanges].some(({ isStream, reader }) => isStream && reader.hasBegun)
    return reason(goesOn ? 'posts-spread' : 'session-unknown')
  }

  #measured(roundTrip: number): void {
    this.#roundTrip = roundTrip
    this.#posts.spacing = Math.min(Math.max(SPACING.least, roundTrip * SPACING.share), SPACING.most)
  }

  #succeeded(now: number): void {
    this.#now = now
    this.#lastSuccess = now
    this.#failures = 0
  }

  #pause({ retryAfter, status }: Broken): void {
    const patience = PATIENCE.includes(status)
      ? Math.min(retryAfter ?? RETRY_AFTER.usual, RETRY_AFTER.most)
      : Math.min(BACKOFF.first * 2 ** this.#failures, BACKOFF.most)
    this.#failures++
    this.#pausedUntil = Math.max(this.#pausedUntil, this.#now + patience)
  }

  #dueOf(exchange: Exchange): number {
    return exchange.isStream ? this.#down.dueOf(exchange, this.#roundTrip) : exchange.heard + LATE
  }
}

interface BeginParts {
  readonly from: number
  readonly to: number
  readonly flags?: number
  readonly isStream?: boolean
  readonly isTrial?: boolean
}
