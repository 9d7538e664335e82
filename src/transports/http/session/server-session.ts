import { Inbox } from './inbox.js'
import {
  ANSWER_BYTES,
  GATHER,
  HOLD,
  MARK,
  MAX_POLLS,
  RESEND,
  SESSION_LIFE,
  STREAM_END,
  UNPROVEN_EARLY,
} from './limits.js'
import { Outbox } from './outbox.js'
import {
  AGAIN,
  END_RECORD,
  type Head,
  MAX_RECORD,
  markRecord,
  POLL,
  RECORD,
  recordHead,
  skipRecord,
  TRIAL,
  writeHead,
} from './wire.js'

/** An answer that was not given yet, or goes on. */
export interface Answering {
  /** Adds to an answer that goes on. False if that waits: `drained` of the session is to be called then. */
  write(parts: readonly Uint8Array[]): boolean
  /** Ends the answer: all of it if nothing was written before. */
  end(parts: readonly Uint8Array[]): void
}

interface Poll {
  readonly answering: Answering
  readonly since: number
}

interface Stream {
  readonly answering: Answering
  readonly since: number
  readonly isTrial: boolean
  /** Where the data ends that was written to it. */
  at: number
  bytes: number
  isBusy: boolean
  lastMark: number
}

/** What the session of a server needs. */
export interface ServerSessionParts {
  readonly id: Uint8Array
  readonly now: number
  /** Bytes came, in order; lent for the call. */
  readonly deliver: (bytes: Uint8Array) => void
}

/** The server's side of a session over HTTP exchanges, as that of {@link ClientSession}. */
export class ServerSession {
  readonly outbox = new Outbox()
  readonly inbox = new Inbox()
  readonly #parts: ServerSessionParts
  #stream: Stream | undefined
  #trial: Stream | undefined
  /** The oldest first. */
  readonly #polls: Poll[] = []
  /** Up to where bytes are on their way. */
  #sent = 0
  #lastAck: number
  #lastRequest: number
  #gatheredAt = Number.POSITIVE_INFINITY

  constructor(parts: ServerSessionParts) {
    this.#parts = parts
    this.#lastRequest = parts.now
    this.#lastAck = parts.now
    this.inbox.keeps = UNPROVEN_EARLY
  }

  /** Whether no exchange came for so long that none will. */
  isOver(now: number): boolean {
    return now >= this.#lastRequest + SESSION_LIFE
  }

  /** A request came, of whatever kind. */
  asked({ ack }: Head, now: number): void {
    this.#lastRequest = now
    if (this.outbox.ack(ack)) this.#lastAck = now
    this.#sent = Math.max(this.#sent, this.outbox.acked)
  }

  /** Part of the body of a post came, which begins at an offset. */
  took(at: number, bytes: Uint8Array, now: number): void {
    this.#lastRequest = now
    for (const turn of this.inbox.take(at, bytes)) this.#parts.deliver(turn)
  }

  /**
   * The answer to a post whose body came whole: what came, and what waits if no streamed answer brings that. With one, an answer that
   * is lost would leave a gap until the next one.
   */
  answer(flags: number, now: number): Uint8Array[] {
    const brings = (flags & POLL) !== 0 || this.#stream === undefined
    const answer = this.#whole(brings ? ANSWER_BYTES.up : 0)
    this.flush(now)
    return answer
  }

  /** A client asks for what is sent, by `answering`. */
  down({ flags }: Head, answering: Answering, now: number): void {
    if ((flags & POLL) !== 0) this.#poll(flags, answering, now)
    else if ((flags & TRIAL) !== 0) this.#try(answering, now)
    else this.#begin(answering, now)
    this.flush(now)
  }

  /** What an answer was written to is written. */
  drained(answering: Answering, now: number): void {
    if (this.#stream?.answering !== answering) return
    this.#stream.isBusy = false
    this.flush(now)
  }

  /** Nobody waits for an answer any more. */
  gone(answering: Answering): void {
    if (this.#stream?.answering === answering) this.#stream = undefined
    if (this.#trial?.answering === answering) this.#trial = undefined
    const index = this.#polls.findIndex((poll) => poll.answering === answering)
    if (index >= 0) this.#polls.splice(index, 1)
  }

  /** Sends what waits, as far as somebody asked for it. */
  flush(now: number): void {
    if (this.#stream !== undefined) this.#flushStream(this.#stream, now)
    else if (this.#polls.length > 0 && this.#sent < this.outbox.end) this.#flushPolls(now)
  }

  /** Does what is due, to be called at {@link nextTick} or later. */
  tick(now: number): void {
    for (const stream of [this.#stream, this.#trial]) {
      if (stream === undefined) continue
      if (now >= stream.since + (stream.isTrial ? 3 * MARK : STREAM_END.age)) this.#endStream(stream)
      else if (now >= stream.lastMark + MARK) this.#mark(stream, now)
    }
    while (this.#polls.length > 0 && now >= this.#polls[0]!.since + HOLD) this.#endPoll(0)
    if (this.#isLost(now)) {
      this.#sent = this.outbox.acked
      this.#lastAck = now
    }
    this.flush(now)
    if (this.#gatheredAt <= now) this.#gatheredAt = Number.POSITIVE_INFINITY
  }

  /** When there is something to be done although nothing happens. */
  get nextTick(): number {
    let next = this.#lastRequest + SESSION_LIFE
    for (const stream of [this.#stream, this.#trial]) {
      if (stream !== undefined) next = Math.min(next, stream.lastMark + MARK)
    }
    if (this.#polls.length > 0) next = Math.min(next, this.#polls[0]!.since + HOLD)
    if (this.#stream === undefined && this.#sent > this.outbox.acked)
      next = Math.min(next, this.#lastAck + RESEND)
    return Math.min(next, this.#gatheredAt)
  }

  /** Answers all that waits for an answer. */
  end(): void {
    if (this.#stream !== undefined) this.#endStream(this.#stream)
    if (this.#trial !== undefined) this.#endStream(this.#trial)
    while (this.#polls.length > 0) this.#endPoll(0)
  }

  /** Each streamed answer begins where the client is: what the one before has beyond that comes twice, or is lost. */
  #begin(answering: Answering, now: number): void {
    if (this.#stream !== undefined) this.#endStream(this.#stream)
    while (this.#polls.length > 0) this.#endPoll(0)
    this.#sent = this.outbox.acked
    this.#stream = this.#opened(answering, false, now)
  }

  #try(answering: Answering, now: number): void {
    if (this.#trial !== undefined) this.#endStream(this.#trial)
    this.#trial = this.#opened(answering, true, now)
  }

  #opened(answering: Answering, isTrial: boolean, now: number): Stream {
    const isBusy = !answering.write([this.#head('stream'), markRecord(this.inbox.next)])
    return { answering, since: now, isTrial, at: this.#sent, bytes: 0, isBusy, lastMark: now }
  }

  #poll(flags: number, answering: Answering, now: number): void {
    if (this.#stream !== undefined) {
      // It was held back on the way, with all that it was to bring.
      this.#endStream(this.#stream)
      this.#sent = this.outbox.acked
    }
    if ((flags & AGAIN) !== 0) this.#sent = this.outbox.acked
    this.#polls.push({ answering, since: now })
    if (this.#polls.length > MAX_POLLS) this.#endPoll(0)
  }

  /** What is written counts as sent before, since a write may call `drained` within. */
  #flushStream(stream: Stream, now: number): void {
    while (!stream.isBusy && this.#sent < this.outbox.end && this.#stream === stream) {
      const from = this.#sent
      const to = Math.min(this.outbox.end, from + MAX_RECORD)
      // While it was busy, the answer before it brought what was to follow here.
      const skipped = stream.at === from ? [] : [skipRecord(from)]
      const parts = [...skipped, recordHead(RECORD.data, to - from), ...this.outbox.slice(from, to)]
      this.#advance(to, now)
      stream.at = to
      stream.bytes += to - from
      stream.isBusy = true
      if (stream.answering.write(parts)) stream.isBusy = false
      if (stream.bytes >= STREAM_END.bytes) this.#endStream(stream)
    }
  }

  /** The last request waits a moment for more to send; the others need not. */
  #flushPolls(now: number): void {
    const gathers = this.#polls.length < MAX_POLLS && this.outbox.end - this.#sent < ANSWER_BYTES.down
    if (gathers && now < this.#gatheredAt) {
      if (this.#gatheredAt === Number.POSITIVE_INFINITY) this.#gatheredAt = now + GATHER
      return
    }
    this.#gatheredAt = Number.POSITIVE_INFINITY
    while (this.#polls.length > 0 && this.#sent < this.outbox.end) {
      const { answering } = this.#polls.shift()!
      const before = this.#sent
      answering.end(this.#whole(ANSWER_BYTES.down))
      if (this.outbox.acked === before) this.#lastAck = now
    }
  }

  /** A whole answer with up to so many bytes of what waits. */
  #whole(most: number): Uint8Array[] {
    const head = this.#head('whole')
    const from = this.#sent
    const to = Math.min(this.outbox.end, from + most)
    if (to <= from) return [head]
    this.#sent = to
    return [head, ...this.outbox.slice(from, to)]
  }

  #advance(to: number, now: number): void {
    if (this.#sent === this.outbox.acked) this.#lastAck = now
    this.#sent = to
  }

  #head(kind: 'whole' | 'stream'): Uint8Array {
    const { next, window } = this.inbox
    return writeHead({ kind, flags: 0, session: this.#parts.id, ack: next, offset: this.#sent, window })
  }

  #mark(stream: Stream, now: number): void {
    stream.lastMark = now
    if (!stream.isBusy) stream.isBusy = !stream.answering.write([markRecord(this.inbox.next)])
  }

  #endStream(stream: Stream): void {
    if (this.#stream === stream) this.#stream = undefined
    if (this.#trial === stream) this.#trial = undefined
    stream.answering.end([END_RECORD])
  }

  #endPoll(index: number): void {
    const [poll] = this.#polls.splice(index, 1)
    poll!.answering.end([this.#head('whole')])
  }

  /** Whether what was sent in whole answers seems not to have come: a request that came twice takes data along. */
  #isLost(now: number): boolean {
    return this.#stream === undefined && this.#sent > this.outbox.acked && now >= this.#lastAck + RESEND
  }
}
