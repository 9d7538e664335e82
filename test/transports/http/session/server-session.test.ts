import { describe, expect, it } from 'vitest'
import { pattern } from '../../../../src/conformance/kit/recorder.js'
import { AnswerReader } from '../../../../src/transports/http/session/answer-reader.js'
import { Inbox } from '../../../../src/transports/http/session/inbox.js'
import { type Answering, ServerSession } from '../../../../src/transports/http/session/server-session.js'
import {
  HEAD_BYTES,
  type Head,
  MAX_RECORD,
  SESSION_BYTES,
} from '../../../../src/transports/http/session/wire.js'

const ID = new Uint8Array(SESSION_BYTES).fill(7)

describe('ServerSession', () => {
  it('goes on behind what the answer before brought, although the next one had begun to bring that', () => {
    const { client, session } = ends()
    const first = new Answer(client, { isAsleep: true })
    session.down(asks(0), first, 0)
    const bytes = sent(session, 4 * MAX_RECORD)
    const second = new Answer(client, { waitsAfter: 3 })
    session.down(asks(0), second, 0) // comes from the beginning, and waits in the midst of it
    first.wake() // all of it comes now
    expect(client.next).toBe(bytes.length)
    session.asked(asks(client.next), 0)
    const more = sent(session, 1_000)
    second.waitsAfter = Number.POSITIVE_INFINITY
    session.drained(second, 0)
    expect(client.came.equals(Buffer.concat([bytes, more]))).toBe(true)
  })

  it('has an answer to a post bring 64 KiB of what waits if no streamed answer does, which brings the rest', () => {
    const { client, session } = ends()
    const bytes = sent(session, 2 * MAX_RECORD)
    const brought = (parts: readonly Uint8Array[]) => Buffer.concat(parts).subarray(HEAD_BYTES)
    expect(brought(session.answer(0, 0)).equals(bytes.subarray(0, MAX_RECORD))).toBe(true)
    session.asked(asks(MAX_RECORD), 0)
    const answer = new Answer(client, { waitsAfter: 0 })
    client.next = MAX_RECORD
    session.down(asks(MAX_RECORD), answer, 0)
    expect(brought(session.answer(0, 0)).length).toBe(0)
    answer.waitsAfter = Number.POSITIVE_INFINITY
    session.drained(answer, 0)
    expect(client.came.equals(bytes.subarray(MAX_RECORD))).toBe(true)
  })

  it('sends nothing twice if an answer takes more within the write that it had wait', () => {
    const { client, session } = ends()
    const answer = new Answer(client, { waitsAfter: 2 })
    answer.afterWrite = () => {
      answer.waitsAfter = Number.POSITIVE_INFINITY
      session.drained(answer, 0)
    }
    session.down(asks(0), answer, 0)
    const bytes = sent(session, 3 * MAX_RECORD)
    expect(client.came.equals(bytes)).toBe(true)
    expect(answer.bytes).toBeLessThan(3 * MAX_RECORD + 1_000)
  })
})

/** A server's session, and what a client of it has so far. */
function ends() {
  const session = new ServerSession({ id: ID, now: 0, deliver() {} })
  return { session, client: new Client() }
}

/** The head of a request. */
function asks(ack: number): Head {
  return { kind: 'down', flags: 0, session: ID, ack, offset: 0, window: 0 }
}

/** Has a session send so many bytes. */
function sent(session: ServerSession, length: number): Buffer {
  const bytes = Buffer.from(pattern(length, session.outbox.end))
  session.outbox.add(bytes, 0)
  session.flush(0)
  return bytes
}

class Client extends Inbox {
  came = Buffer.alloc(0)

  data(at: number, bytes: Uint8Array): void {
    this.came = Buffer.concat([this.came, ...this.take(at, bytes)])
  }
}

class Answer implements Answering {
  bytes = 0
  /** Writes after which it takes no more for now. */
  waitsAfter: number
  afterWrite: (() => void) | undefined
  readonly #reader: AnswerReader
  #asleep: Uint8Array[] | undefined

  constructor(client: Client, { isAsleep = false, waitsAfter = Number.POSITIVE_INFINITY }) {
    this.waitsAfter = waitsAfter
    this.#asleep = isAsleep ? [] : undefined
    this.#reader = new AnswerReader({
      began: () => true,
      data: (at, bytes) => client.data(at, bytes),
      acked() {},
    })
  }

  /** What was written arrives. */
  wake(): void {
    for (const part of this.#asleep ?? []) this.#reader.push(part)
    this.#asleep = undefined
  }

  write(parts: readonly Uint8Array[]): boolean {
    for (const part of parts) {
      this.bytes += part.length
      if (this.#asleep === undefined) this.#reader.push(part)
      else this.#asleep.push(part)
    }
    const takesMore = --this.waitsAfter > 0
    if (!takesMore) this.afterWrite?.()
    return takesMore
  }

  end(parts: readonly Uint8Array[]): void {
    this.write(parts)
  }
}
