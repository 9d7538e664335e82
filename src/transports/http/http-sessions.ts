import type { IncomingMessage, ServerResponse } from 'node:http'
import type { LinkHandlers } from '../../core/api/transport.js'
import type { AcceptedLink } from '../accepting/door.js'
import type { StreamParts } from '../streams/stream-parts.js'
import { answerWhole, ResponseAnswering } from './answering.js'
import { type Connection, ServedSession } from './served-session.js'
import { HEAD_BYTES, type Head, readHead } from './session/wire.js'

/** Requests of one session that may be under way: posts, those for data, and what follows on what was given up. */
const MAX_REQUESTS = 24

/** What the sessions of a listener have in common. */
export interface HttpSessionsParts {
  readonly handlers: LinkHandlers
  readonly shared: StreamParts
  /** Where links are kept that the listener closes. */
  readonly links: Set<AcceptedLink>
}

/** Who sent a request. */
export interface Visitor {
  readonly remote: string
  readonly source: Uint8Array
  readonly connection: Connection
  /** Answers as if this was a web server and nothing else. */
  readonly refuse: () => void
  /** Does work of an event: what it throws costs the connection, and no other. */
  readonly guard: (work: () => void) => void
}

interface Served {
  readonly session: ServedSession
  requests: number
}

/** Answers the posts that carry sessions. */
export class HttpSessions {
  readonly #parts: HttpSessionsParts
  /** By their ids, in hexadecimal. Bounded as links are. */
  readonly #sessions = new Map<string, Served>()
  /** The session whose request came last by a connection. */
  readonly #owners = new WeakMap<Connection, ServedSession>()

  constructor(parts: HttpSessionsParts) {
    this.#parts = parts
  }

  /** Whether a connection is one of a session. */
  owns(connection: Connection): boolean {
    return this.#owners.has(connection)
  }

  /** A connection is no session's any more: it is closed, or a WebSocket. */
  release(connection: Connection): void {
    this.#owners.get(connection)?.lost(connection)
  }

  /** Reads a post and answers it. What begins as no body of a session is refused. */
  answer(request: IncomingMessage, response: ServerResponse, visitor: Visitor): void {
    const start = new Uint8Array(HEAD_BYTES)
    let filled = 0
    let body: Body | undefined
    let isRefused = false
    const refuse = () => {
      isRefused = true
      visitor.refuse()
    }
    const read = (chunk: Uint8Array) => {
      if (isRefused) return
      const part = chunk.subarray(0, HEAD_BYTES - filled)
      if (body === undefined) {
        start.set(part, filled)
        filled += part.length
        if (filled < HEAD_BYTES) return
        body = this.#begin(start, response, visitor)
      }
      if (body === undefined) refuse()
      else if (chunk.length > part.length || part.length === 0) body.data(chunk.subarray(part.length))
    }
    request.on('data', (chunk: Uint8Array) => visitor.guard(() => read(chunk)))
    request.on('end', () =>
      visitor.guard(() => {
        if (isRefused) return
        if (body === undefined) refuse()
        else body.end()
      }),
    )
    request.on('error', () => {}) // closing follows
  }

  #begin(start: Uint8Array, response: ServerResponse, visitor: Visitor): Body | undefined {
    const head = readHead(start)
    if (head === undefined) return undefined
    const name = Buffer.from(head.session).toString('hex')
    if (head.kind === 'open' && !this.#sessions.has(name)) this.#open(name, head.session, visitor)
    const served = this.#sessions.get(name)
    return served && this.#serve(served, head, response, visitor)
  }

  #open(name: string, id: Uint8Array, { remote, source }: Visitor): void {
    const { handlers, links, shared } = this.#parts
    const gone = () => {
      this.#sessions.delete(name)
      links.delete(session.link)
    }
    const session = new ServedSession({ id, remote, source, handlers, shared, gone })
    this.#sessions.set(name, { session, requests: 0 })
    links.add(session.link)
  }

  #serve(served: Served, head: Head, response: ServerResponse, visitor: Visitor): Body | undefined {
    const { session } = served
    const { connection } = visitor
    const { clock } = this.#parts.shared
    if (served.requests >= MAX_REQUESTS || !session.cameBy(connection)) return tooMany(response)
    this.#own(connection, session)
    served.requests++
    connection.requests++
    connection.isForsaken = false
    response.once('close', () => {
      served.requests--
      connection.requests--
      if (connection.requests === 0 && connection.isForsaken) connection.socket.end()
    })
    session.core.asked(head, clock.now())
    switch (head.kind) {
      case 'open':
      case 'up':
        return this.#up(session, head, response)
      case 'down':
        return this.#down(session, head, response, visitor)
      case 'close':
        return this.#close(session, head, response)
      default:
        return undefined
    }
  }

  #own(connection: Connection, session: ServedSession): void {
    const before = this.#owners.get(connection)
    if (before === session) return
    if (before === undefined) connection.socket.once('close', () => this.release(connection))
    else before.lost(connection)
    this.#owners.set(connection, session)
  }

  #up(session: ServedSession, head: Head, response: ServerResponse): Body {
    const { clock } = this.#parts.shared
    let at = head.offset
    return {
      data: (bytes) => {
        session.core.took(at, bytes, clock.now())
        at += bytes.length
        session.happened()
      },
      end: () => {
        answerWhole(response, session.core.answer(head.flags, clock.now()))
        session.happened()
      },
    }
  }

  #down(session: ServedSession, head: Head, response: ServerResponse, { guard }: Visitor): Body {
    const { clock } = this.#parts.shared
    const answering = new ResponseAnswering(response)
    response.on('drain', () =>
      guard(() => {
        session.core.drained(answering, clock.now())
        session.happened()
      }),
    )
    response.once('close', () => session.core.gone(answering))
    return {
      data: () => {}, // a request for data has none
      end: () => {
        session.core.down(head, answering, clock.now())
        session.happened()
      },
    }
  }

  #close(session: ServedSession, head: Head, response: ServerResponse): Body {
    const { clock } = this.#parts.shared
    return {
      data: () => {},
      end: () => {
        answerWhole(response, session.core.answer(head.flags, clock.now()))
        session.leave()
      },
    }
  }
}

/** What becomes of the body of a request behind its head. */
interface Body {
  data(bytes: Uint8Array): void
  end(): void
}

/** Answers a request that would be one too many for its session. */
function tooMany(response: ServerResponse): Body {
  return {
    data: () => {},
    end: () => {
      response.writeHead(429, { 'Retry-After': 1, 'Content-Length': 0 }).end() // RFC 6585 section 4
    },
  }
}
