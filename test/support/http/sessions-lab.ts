import { createHash, type Hash } from 'node:crypto'
import { randomFrom } from '../../../src/conformance/kit/packets.js'
import { pattern } from '../../../src/conformance/kit/recorder.js'
import { reason } from '../../../src/core/reasons/reason.js'
import { KeptBuffers } from '../../../src/transports/http/kept-buffers.js'
import { ClientSession } from '../../../src/transports/http/session/client-session.js'
import type { Exchange } from '../../../src/transports/http/session/exchange.js'
import { MAX_POSTS, MAX_TOGETHER } from '../../../src/transports/http/session/limits.js'
import { type Answering, ServerSession } from '../../../src/transports/http/session/server-session.js'
import { HEAD_BYTES, readHead, SESSION_BYTES } from '../../../src/transports/http/session/wire.js'

/** What becomes of exchanges on their way; shares are per thousand. */
export interface Trouble {
  readonly seed: number
  readonly lost: number
  readonly cut: number
  readonly twice: number
  /** Of writes to an answer that have to wait before there are more. */
  readonly busy: number
  readonly delay: number
  readonly buffers: boolean
  readonly largest: number
  /** Milliseconds after which each connection is cut, and after which one that idles is closed without a word. Never if absent. */
  readonly connections?: { readonly age: number; readonly idle: number }
}

/** A connection by which one exchange after another goes. */
interface Connection {
  readonly opened: number
  /** Since when nothing goes by it; undefined if something does. */
  idleSince: number | undefined
}

/** How many bytes went or came, and what they hash to. */
interface Digest {
  readonly bytes: number
  readonly hash: string
}

/** Milliseconds over which what is sent is spread: more than a streamed answer lasts. */
const SPREAD = 40_000

/**
 * Both ends of a session, with a network between them that does what it wants, on a clock of its own. Bytes are read when they arrive:
 * what memory holds by then that was used again is what a socket that is slow would send.
 */
export class SessionsLab {
  readonly client: ClientSession
  readonly server: ServerSession
  /** Most bytes that an end kept at a time, to be sent again. */
  mostKept = 0
  now = 0
  readonly #trouble: Trouble
  readonly #random: () => number
  readonly #events: { at: number; order: number; work: () => void }[] = []
  #order = 0
  readonly #memory = { up: new KeptBuffers(), down: new KeptBuffers() }
  /** Connections that were cut, and exchanges that found theirs closed. */
  cut = 0
  stale = 0
  readonly #underWay = new Set<Exchange>()
  readonly #connections: Connection[] = []
  readonly #by = new Map<Exchange, Connection>()
  readonly #came = { up: new Sum(), down: new Sum() }
  readonly #went = { up: new Sum(), down: new Sum() }

  constructor(trouble: Trouble) {
    this.#trouble = trouble
    this.#random = randomFrom(trouble.seed)
    const id = new Uint8Array(SESSION_BYTES).fill(7)
    this.client = new ClientSession({
      id,
      polls: false,
      who: 'the server',
      now: 0,
      // Over HTTP/1.1, and over HTTP/2.
      mostPosts: () => (trouble.seed % 2 === 0 ? MAX_POSTS : MAX_TOGETHER),
      deliver: (bytes) => this.#came.down.add(bytes),
    })
    this.server = new ServerSession({ id, now: 0, deliver: (bytes) => this.#came.up.add(bytes) })
    this.server.inbox.keeps = 512 * 1024
  }

  /** Has the ends send pieces of so many bytes, spread over some seconds. */
  send(up: readonly number[], down: readonly number[]): void {
    for (const [direction, sizes] of [
      ['up', up],
      ['down', down],
    ] as const) {
      for (const size of sizes) this.#later(this.#random() * SPREAD, () => this.#write(direction, size))
    }
  }

  get arrived(): Record<'up' | 'down', Digest> {
    return { up: this.#came.up.digest, down: this.#came.down.digest }
  }

  get sent(): Record<'up' | 'down', Digest> {
    return { up: this.#went.up.digest, down: this.#went.down.digest }
  }

  /** Has time pass, event by event, until everything arrived or so many milliseconds are over. */
  run(milliseconds: number): void {
    let steps = 0
    this.#look()
    while (this.now < milliseconds && steps++ < 100_000 && !this.#isDone) {
      const next = this.#events[0]?.at ?? Number.POSITIVE_INFINITY
      const due = Math.min(next, this.client.nextTick, this.server.nextTick)
      this.now = Math.max(this.now, due)
      while (this.#events.length > 0 && this.#events[0]!.at <= this.now) this.#events.shift()!.work()
      this.server.tick(this.now)
      this.#look()
      this.#memory.up.release(this.client.outbox.acked, this.now)
      this.#memory.down.release(this.server.outbox.acked, this.now)
    }
  }

  get #isDone(): boolean {
    if (this.now < SPREAD) return false
    const { down, up } = this.#came
    return up.bytes === this.#went.up.bytes && down.bytes === this.#went.down.bytes
  }

  #write(direction: 'up' | 'down', size: number): void {
    const { outbox } = direction === 'up' ? this.client : this.server
    const bytes = pattern(size, this.#went[direction].bytes)
    if (outbox.isFull(this.now)) {
      this.#later(100, () => this.#write(direction, size))
      return
    }
    this.#went[direction].add(bytes)
    const memory = this.#memory[direction].own(size)
    memory.set(bytes)
    outbox.add(memory, this.now)
    if (direction === 'down') this.server.flush(this.now)
    this.mostKept = Math.max(this.mostKept, outbox.end - outbox.acked)
  }

  #look(): void {
    for (const late of this.client.tick(this.now)) this.#underWay.delete(late)
    for (;;) {
      const exchange = this.client.next(this.now)
      if (exchange === undefined) return
      this.#begin(exchange)
    }
  }

  #begin(exchange: Exchange): void {
    this.#underWay.add(exchange)
    if (!this.#connects(exchange)) return
    this.client.sent(exchange, this.now)
    const length = exchange.body.reduce((sum, part) => sum + part.length, 0)
    const body = () => Uint8Array.from(Buffer.concat(exchange.body))
    if (exchange.kind !== 'open' && this.#happens(this.#trouble.lost)) {
      this.#later(this.#delay(), () => this.#broke(exchange))
      return
    }
    if (length > this.#trouble.largest) {
      this.#later(this.#delay(), () => this.#broke(exchange, 413))
      return
    }
    this.#later(this.#delay(), () => this.#arrive(exchange, body(), true))
    if (this.#happens(this.#trouble.twice))
      this.#later(this.#delay(), () => this.#arrive(exchange, body(), false))
  }

  /** Takes a connection that idles, or another one. False if it turns out that the one was closed meanwhile. */
  #connects(exchange: Exchange): boolean {
    const { connections } = this.#trouble
    if (connections === undefined) return true
    const { age, idle } = connections
    const free = this.#connections.findIndex(({ idleSince }) => idleSince !== undefined)
    const [kept] = free < 0 ? [] : this.#connections.splice(free, 1)
    if (kept !== undefined && (this.now - kept.idleSince! >= idle || this.now - kept.opened >= age)) {
      this.stale++
      this.#later(this.#delay(), () => {
        if (this.#underWay.delete(exchange))
          this.client.broke(exchange, { why: reason('post-cut'), wasStale: true }, this.now)
      })
      return false
    }
    const connection = kept ?? { opened: this.now, idleSince: undefined }
    connection.idleSince = undefined
    this.#later(connection.opened + age - this.now, () => {
      if (this.#by.get(exchange) !== connection || !this.#underWay.has(exchange)) return
      this.cut++
      this.#by.delete(exchange)
      this.#broke(exchange)
    })
    this.#by.set(exchange, connection)
    return true
  }

  /** An exchange is over: its connection is kept for another one. */
  #free(exchange: Exchange): void {
    const connection = this.#by.get(exchange)
    this.#by.delete(exchange)
    if (connection === undefined) return
    connection.idleSince = this.now
    this.#connections.push(connection)
  }

  #arrive(exchange: Exchange, body: Uint8Array, isHeard: boolean): void {
    const head = readHead(body)!
    const { server } = this
    server.asked(head, this.now)
    const answering = new LabAnswering((parts, isEnd) => {
      if (isHeard) this.#answer(exchange, parts, isEnd)
      if (isEnd || !this.#happens(this.#trouble.busy)) return true
      this.#later(this.#delay(), () => server.drained(answering, this.now))
      return false
    })
    if (head.kind === 'down') {
      server.down(head, answering, this.now)
      return
    }
    if (body.length > HEAD_BYTES) server.took(head.offset, body.subarray(HEAD_BYTES), this.now)
    answering.end(server.answer(head.flags, this.now))
  }

  /** Bytes of an answer leave the server; those of one exchange stay in order. */
  #answer(exchange: Exchange, parts: readonly Uint8Array[], isEnd: boolean): void {
    const held = this.#held.get(exchange) ?? { parts: [] as Uint8Array[], last: 0 }
    this.#held.set(exchange, held)
    held.parts.push(...parts)
    if (this.#trouble.buffers && !isEnd) return
    const passed = held.parts.splice(0)
    held.last = Math.max(held.last, this.now + this.#delay())
    const isCut = exchange.kind !== 'open' && this.#happens(this.#trouble.cut)
    const share = isCut ? this.#random() : 1
    this.#later(held.last - this.now, () => {
      if (!this.#underWay.has(exchange)) return
      const all = Uint8Array.from(Buffer.concat(passed))
      const part = all.subarray(0, Math.floor(share * all.length))
      if (part.length > 0) this.client.came(exchange, part, this.now)
      if (isCut) this.#broke(exchange)
      else if (isEnd) {
        this.#underWay.delete(exchange)
        this.#free(exchange)
        this.client.ended(exchange, this.now)
      }
    })
  }

  readonly #held = new Map<Exchange, { parts: Uint8Array[]; last: number }>()

  #broke(exchange: Exchange, status?: number): void {
    if (!this.#underWay.delete(exchange)) return
    this.client.broke(exchange, { why: reason('post-cut'), status }, this.now)
  }

  #happens(share: number): boolean {
    return this.#random() * 1000 < share
  }

  #delay(): number {
    return this.#random() * this.#trouble.delay
  }

  #later(delay: number, work: () => void): void {
    const event = { at: this.now + delay, order: this.#order++, work }
    const index = this.#events.findIndex(({ at }) => at > event.at)
    this.#events.splice(index < 0 ? this.#events.length : index, 0, event)
  }
}

class LabAnswering implements Answering {
  /** Whether more may follow at once. */
  readonly #tell: (parts: readonly Uint8Array[], isEnd: boolean) => boolean

  constructor(tell: (parts: readonly Uint8Array[], isEnd: boolean) => boolean) {
    this.#tell = tell
  }

  write(parts: readonly Uint8Array[]): boolean {
    return this.#tell(parts, false)
  }

  end(parts: readonly Uint8Array[]): void {
    this.#tell(parts, true)
  }
}

class Sum {
  bytes = 0
  readonly #hash: Hash = createHash('md5')

  add(bytes: Uint8Array): void {
    this.bytes += bytes.length
    this.#hash.update(bytes)
  }

  get digest(): Digest {
    return { bytes: this.bytes, hash: this.#hash.copy().digest('hex') }
  }
}
