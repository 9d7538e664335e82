import { expect, it } from 'vitest'
import { ClientSession } from '../../../../src/transports/http/session/client-session.js'
import type { Exchange } from '../../../../src/transports/http/session/exchange.js'
import { MAX_POSTS } from '../../../../src/transports/http/session/limits.js'
import { ServerSession } from '../../../../src/transports/http/session/server-session.js'
import { HEAD_BYTES, readHead } from '../../../../src/transports/http/session/wire.js'

/** Milliseconds each way. */
const DELAY = 25
const BATCH = new Uint8Array(64 * 1024)

// 4 posts of 256 KiB in 50 ms are 168; 60 are promised, of which a real path and a busy machine may take a part.
it.each([
  { work: 0, megabits: 160 },
  { work: 10, megabits: 130 },
  { work: 20, megabits: 100 },
])(
  'carries $megabits Mbit/s up at a round trip of 50 ms, if the server takes $work ms for each post',
  ({ megabits, work }) => {
    const path = new LongPath(work)
    path.run(2_000)
    const before = path.up
    path.run(4_000)
    expect(((path.up - before) * 8) / 2_000 / 1_000).toBeGreaterThan(megabits)
  },
)

/** Both ends of a session, with a long path between them on a clock of its own; as much as it takes goes up. */
class LongPath {
  /** Bytes that came at the server. */
  up = 0
  readonly #work: number
  readonly #client: ClientSession
  readonly #server: ServerSession
  readonly #events: { readonly at: number; readonly happen: () => void }[] = []
  #now = 0
  /** When the server has time for another post. */
  #free = 0

  /** @param work Milliseconds of the server's for each post, one after the other. */
  constructor(work: number) {
    const id = new Uint8Array(16).fill(7)
    this.#work = work
    this.#client = new ClientSession({
      id,
      polls: false,
      mostPosts: () => MAX_POSTS,
      who: 'the server',
      now: 0,
      deliver() {},
    })
    this.#server = new ServerSession({ id, now: 0, deliver: ({ length }) => this.#came(length) })
    this.#server.inbox.keeps = 1024 * 1024 // as of a client that proved itself
    this.#server.outbox.add(new Uint8Array(100), 0)
  }

  run(until: number): void {
    while (this.#now < until) {
      this.#send()
      const next = this.#events[0]?.at ?? Number.POSITIVE_INFINITY
      this.#now = Math.max(this.#now, Math.min(next, this.#client.nextTick, this.#server.nextTick))
      while ((this.#events[0]?.at ?? Number.POSITIVE_INFINITY) <= this.#now) this.#events.shift()!.happen()
      this.#server.tick(this.#now)
    }
  }

  #came(bytes: number): void {
    this.up += bytes
  }

  #send(): void {
    const { outbox } = this.#client
    this.#client.tick(this.#now)
    for (;;) {
      while (!outbox.isFull(this.#now)) outbox.add(BATCH, this.#now)
      const exchange = this.#client.next(this.#now)
      if (exchange === undefined) return
      this.#client.sent(exchange, this.#now)
      const body = Uint8Array.from(Buffer.concat(exchange.body))
      this.#later(DELAY, () => this.#arrive(exchange, body))
    }
  }

  #arrive(exchange: Exchange, body: Uint8Array): void {
    const head = readHead(body)!
    const { kind, offset, flags } = head
    const write = (parts: readonly Uint8Array[]) => {
      const bytes = Buffer.concat(parts)
      this.#later(DELAY, () => this.#client.came(exchange, bytes, this.#now))
      return true
    }
    const end = (parts: readonly Uint8Array[]) => {
      write(parts)
      this.#later(DELAY, () => this.#client.ended(exchange, this.#now))
    }
    this.#free = Math.max(this.#free, this.#now) + (kind === 'up' ? this.#work : 0)
    this.#later(kind === 'down' ? 0 : this.#free - this.#now, () => {
      this.#server.asked(head, this.#now)
      if (kind === 'down') this.#server.down(head, { write, end }, this.#now)
      else {
        if (kind === 'up') this.#server.took(offset, body.subarray(HEAD_BYTES), this.#now)
        end(this.#server.answer(flags, this.#now))
      }
    })
  }

  #later(delay: number, happen: () => void): void {
    const at = this.#now + delay
    const index = this.#events.findIndex((event) => event.at > at)
    this.#events.splice(index < 0 ? this.#events.length : index, 0, { at, happen })
  }
}
