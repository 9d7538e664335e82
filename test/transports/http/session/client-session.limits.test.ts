import { describe, expect, it } from 'vitest'
import { reason } from '../../../../src/core/reasons/reason.js'
import { KeptBuffers } from '../../../../src/transports/http/kept-buffers.js'
import { ClientSession } from '../../../../src/transports/http/session/client-session.js'
import type { Exchange } from '../../../../src/transports/http/session/exchange.js'
import { Outbox } from '../../../../src/transports/http/session/outbox.js'
import { type Answering, ServerSession } from '../../../../src/transports/http/session/server-session.js'
import {
  HEAD_BYTES,
  type Head,
  POLL,
  RECORD,
  readHead,
  recordHead,
  TRIAL,
  writeHead,
} from '../../../../src/transports/http/session/wire.js'
import { SessionStream } from '../../../../src/transports/http/session-stream.js'

// What docs/protocol.md and the users of servers are promised: numbers, and not the names that the code has for them.
const SECOND = 1_000
const MIB = 1_048_576
const ID = new Uint8Array(16).fill(7)

describe('A session at its client', () => {
  it.each([4, 16])(
    'has at most %d posts under way if as many may be, and not more than are allowed',
    (mostPosts) => {
      const { client, begun } = opened({ polls: false, mostPosts })
      client.outbox.add(new Uint8Array(2_000_000), 0)
      expect(begun(0).map(({ kind }) => kind)).toEqual(new Array(mostPosts).fill('up'))
      expect(begun(SECOND)).toEqual([])
    },
  )

  it('acknowledges each 512 KiB that come down, in 200 ms at the latest', () => {
    const { client, begun, come } = streamed()
    for (let pieces = 1; pieces <= 48; pieces++) {
      come(32_768, 0)
      const posts = begun(0)
      expect(posts).toHaveLength(pieces % 16 === 0 ? 1 : 0)
      for (const post of posts) answer(client, post, 'whole', 0)
    }
    come(1, SECOND)
    expect(begun(SECOND + 199)).toEqual([])
    expect(begun(SECOND + 200)).toHaveLength(1)
  })

  it('posts a little each 4 ms while much comes down, and at once while little does', () => {
    const { client, begun, come } = streamed()
    const postedAt = (from: number, bytes: number) => {
      const times: number[] = []
      for (let now = from; now < from + 12; now++) {
        come(bytes, now)
        client.outbox.add(new Uint8Array(100), now)
        for (const post of begun(now)) {
          times.push(now - from)
          answer(client, post, 'whole', now)
        }
      }
      return times
    }
    expect(postedAt(0, 65_536)).toEqual([0, 4, 8])
    expect(postedAt(100, 100)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
  })

  it('has 3 polls under way, and one more for each that ends', () => {
    const { client, begun, polls } = opened({ polls: true })
    expect(polls).toHaveLength(3)
    expect(begun(SECOND)).toEqual([])
    answer(client, polls[0]!, 'whole', SECOND)
    expect(begun(SECOND)).toHaveLength(1)
  })

  it('tries a streamed answer again after 10 minutes of polls', () => {
    const { client, begun, polls } = opened({ polls: true })
    let now = 0
    let waiting = polls
    while (now < 590 * SECOND) {
      now += 10 * SECOND
      for (const poll of waiting) answer(client, poll, 'whole', now)
      waiting = begun(now)
      expect(waiting.map(({ isTrial }) => isTrial)).toEqual([false, false, false])
    }
    expect(begun(600 * SECOND - 1)).toEqual([])
    const [trial, ...others] = begun(600 * SECOND)
    expect(trial).toMatchObject({ kind: 'down', isTrial: true })
    expect(others).toEqual([])
  })

  it.each([
    ['429', { status: 429, retryAfter: 5_000 }, 5_000],
    ['503', { status: 503, retryAfter: 5_000 }, 5_000],
    ['429 that says nothing', { status: 429 }, 1_000],
    ['503 that says nothing', { status: 503 }, 1_000],
    ['429 for a day', { status: 429, retryAfter: 86_400_000 }, 20_000],
    ['503 for a day', { status: 503, retryAfter: 86_400_000 }, 20_000],
    ['500, which asks for no patience,', { status: 500, retryAfter: 5_000 }, 50],
  ])('waits after a %s', (_what, broken, milliseconds) => {
    const { client, begun } = opened({ polls: false })
    client.outbox.add(new Uint8Array(100), 0)
    const [post] = begun(0)
    client.broke(post!, { why: reason('post-late'), ...broken }, 0)
    expect(client.nextTick).toBeLessThanOrEqual(milliseconds)
    expect(begun(milliseconds - 1)).toEqual([])
    expect(begun(milliseconds).filter(({ kind }) => kind === 'up')).toMatchObject([{ from: 0, to: 100 }])
  })
})

describe('A session at its server', () => {
  it('holds a poll for 10 s', () => {
    const { server, down } = serving()
    const poll = down(POLL, 0)
    expect(server.nextTick).toBe(10 * SECOND)
    server.tick(10 * SECOND - 1)
    expect(poll.isOver).toBe(false)
    server.tick(10 * SECOND)
    expect(poll).toMatchObject({ isOver: true, bytes: HEAD_BYTES })
  })

  it('answers one of three polls at once, and the last one within 2 ms of the first datagram, with what comes in them', () => {
    const { server, down, send } = serving()
    const polls = [down(POLL, 0), down(POLL, 0), down(POLL, 0)]
    send(100, SECOND)
    expect(polls.map(({ bytes }) => bytes)).toEqual([HEAD_BYTES + 100, 0, 0])
    send(100, SECOND)
    send(100, SECOND + 1)
    expect(polls.map(({ isOver }) => isOver)).toEqual([true, false, false])
    expect(server.nextTick).toBe(SECOND + 2)
    server.tick(SECOND + 2)
    expect(polls.map(({ bytes }) => bytes)).toEqual([HEAD_BYTES + 100, HEAD_BYTES + 200, 0])
  })

  it.each([
    ['a streamed answer', 0],
    ['one that only tries if it passes', TRIAL],
  ])('marks %s each second', (_what, flags) => {
    const { server, down } = serving()
    const stream = down(flags, 0)
    for (const second of [1, 2]) {
      const before = stream.bytes
      expect(server.nextTick).toBe(second * SECOND)
      server.tick(second * SECOND - 1)
      expect(stream.bytes).toBe(before)
      server.tick(second * SECOND)
      expect(stream.bytes).toBeGreaterThan(before)
    }
  })

  it('ends a streamed answer after 25 s', () => {
    const { server, down } = serving()
    const stream = down(0, 0)
    for (let second = 1; second < 25; second++) server.tick(second * SECOND)
    server.tick(25 * SECOND - 1)
    expect(stream.isOver).toBe(false)
    server.tick(25 * SECOND)
    expect(stream.isOver).toBe(true)
  })

  it('ends a streamed answer after 64 MiB', () => {
    const { down, send } = serving()
    const stream = down(0, 0)
    for (let times = 1; times < 64; times++) send(MIB, 0)
    send(MIB - 1, 0)
    expect(stream.isOver).toBe(false)
    send(1, 0)
    expect(stream.isOver).toBe(true)
  })

  it('gives 64 KiB of what waits in the answer to a post of a client that polls', () => {
    const { server, send } = serving()
    send(200_000, 0)
    expect(lengthOf(server.answer(POLL, 0))).toBe(HEAD_BYTES + 65_536)
    expect(lengthOf(server.answer(POLL, 0))).toBe(HEAD_BYTES + 65_536)
  })
})

describe('The stream of a session', () => {
  it('takes 1 MiB that is not acknowledged, and goes on once it is', () => {
    const outbox = new Outbox()
    const stream = new SessionStream({
      ...{ memory: new KeptBuffers(), outbox, now: () => 0, sends() {} },
      ended: (done) => done(),
    })
    const datagram = new Uint8Array(1_400)
    for (let sent = 0; sent < 2 * MIB; sent += datagram.length) stream.write(datagram)
    expect(outbox.end).toBeGreaterThanOrEqual(MIB)
    expect(outbox.end).toBeLessThan(MIB + datagram.length)
    const before = outbox.end
    outbox.ack(before)
    stream.acked()
    expect(outbox.end).toBeGreaterThan(before)
    stream.destroy()
  })
})

/** A client that knows its server, which takes whatever comes; the exchanges by which it asks for data are under way. */
function opened({ polls, mostPosts = 4 }: { readonly polls: boolean; readonly mostPosts?: number }) {
  const client = new ClientSession({
    ...{ id: ID, polls, who: 'the server', now: 0, mostPosts: () => mostPosts },
    deliver() {},
  })
  const begun = (now: number) => {
    const exchanges: Exchange[] = []
    for (let next = client.next(now); next !== undefined; next = client.next(now)) {
      client.sent(next, now)
      exchanges.push(next)
    }
    return exchanges
  }
  answer(client, begun(0)[0]!, 'whole', 0)
  let waiting = begun(0)
  const [first] = waiting
  // The far end's first bytes prove that it is there.
  client.came(first!, Buffer.concat([headOf('whole'), new Uint8Array(1)]), 0)
  client.ended(first!, 0)
  waiting = [...waiting.slice(1), ...begun(0)]
  return { client, begun, polls: waiting }
}

/** A client to which a streamed answer brings what `come` is told. */
function streamed() {
  const { polls, client, begun } = opened({ polls: false })
  const [stream] = polls
  client.came(stream!, headOf('stream', client.inbox.next), 0)
  const come = (bytes: number, now: number) => {
    const record = [recordHead(RECORD.data, bytes), new Uint8Array(bytes)]
    client.came(stream!, Buffer.concat(record), now)
  }
  return { client, begun, come }
}

/** A whole answer without data. */
function answer(client: ClientSession, exchange: Exchange, kind: Head['kind'], now: number): void {
  client.came(exchange, headOf(kind, client.inbox.next), now)
  client.ended(exchange, now)
}

function headOf(kind: Head['kind'], offset = 0): Uint8Array {
  return writeHead({ kind, flags: 0, session: ID, ack: 0, offset, window: 16 * MIB })
}

function serving() {
  const server = new ServerSession({ id: ID, now: 0, deliver() {} })
  const down = (flags: number, now: number) => {
    const head = readHead(writeHead({ kind: 'down', flags, session: ID, ack: 0, offset: 0, window: MIB }))!
    const answering = new Answer()
    server.asked(head, now)
    server.down(head, answering, now)
    return answering
  }
  const send = (bytes: number, now: number) => {
    server.outbox.add(new Uint8Array(bytes), now)
    server.flush(now)
  }
  return { server, down, send }
}

/** An answer whose reader takes all at once. */
class Answer implements Answering {
  bytes = 0
  isOver = false

  write(parts: readonly Uint8Array[]): boolean {
    this.bytes += lengthOf(parts)
    return true
  }

  end(parts: readonly Uint8Array[]): void {
    this.write(parts)
    this.isOver = true
  }
}

function lengthOf(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, part) => sum + part.length, 0)
}
