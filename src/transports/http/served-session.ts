import type { Socket } from 'node:net'
import type { LinkHandlers } from '../../core/api/transport.js'
import type { Admission } from '../../core/plugin/admission.js'
import { failure } from '../../core/reasons/reason.js'
import type { Timer } from '../../core/time/clock.js'
import { StreamLink } from '../streams/stream-link.js'
import type { StreamParts } from '../streams/stream-parts.js'
import { KeptBuffers } from './kept-buffers.js'
import { MAX_EARLY } from './session/limits.js'
import { ServerSession } from './session/server-session.js'
import { SessionStream } from './session-stream.js'

/** Connections that a session which proved itself may keep beyond the time of those that did not. */
const MAX_CONNECTIONS = 32
/** Milliseconds that a connection of a session that is over may take for its last answers. */
const FORSAKEN_GRACE = 2_000

/** A connection by which requests come. */
export interface Connection {
  readonly socket: Socket
  /** Requests that are not answered yet. */
  requests: number
  /** Whether it is to be closed once they are, since the session that it belonged to is over. */
  isForsaken: boolean
  /** It counts no longer among those that proved nothing. */
  settle(): void
}

/** What a session of a server is made of. */
export interface ServedSessionParts {
  readonly id: Uint8Array
  /** As `Link.remote` and `Link.source`. */
  readonly remote: string
  readonly source: Uint8Array
  readonly handlers: LinkHandlers
  readonly shared: StreamParts
  /** Called once when it is over. */
  readonly gone: () => void
}

/** A session that a client opened, and the link on it. */
export class ServedSession {
  readonly core: ServerSession
  readonly link: StreamLink
  readonly #parts: ServedSessionParts
  readonly #stream: SessionStream
  readonly #connections = new Set<Connection>()
  #timer: { readonly due: number; readonly timer: Timer } | undefined
  #isProven = false
  #isRefused = false
  #isOver = false

  constructor(parts: ServedSessionParts) {
    const { handlers, id, remote, shared, source } = parts
    const { clock, sendQueue, unauthenticatedLinks } = shared
    this.#parts = parts
    this.core = new ServerSession({ id, now: clock.now(), deliver: (bytes) => this.#stream.came(bytes) })
    const memory = new KeptBuffers()
    this.#stream = new SessionStream({
      memory,
      outbox: this.core.outbox,
      now: () => clock.now(),
      sends: () => {
        this.core.flush(clock.now())
        this.happened()
      },
      ended: (done) => this.#end(done),
    })
    const admitted = unauthenticatedLinks.admit(source, () => {
      this.#isRefused = true // a link that ends is settled, too, and proved nothing by that
      this.link.cut()
    })
    const unauthenticated: Admission = {
      from: (known) => admitted.from(known),
      closedBy: (close) => admitted.closedBy(close),
      settle: () => {
        admitted.settle()
        if (!this.#isOver && !this.#isRefused) this.#prove()
      },
    }
    this.link = new StreamLink({
      ...{ stream: this.#stream, remote, source, handlers, unauthenticated },
      shared: { clock, memory, sendQueue },
    })
  }

  /** A request of this session came by a connection. False if it has too many. */
  cameBy(connection: Connection): boolean {
    if (this.#connections.has(connection)) return true
    if (this.#connections.size >= MAX_CONNECTIONS) return false
    this.#connections.add(connection)
    if (this.#isProven) connection.settle()
    return true
  }

  /** A connection is closed, or another session's from now on. */
  lost(connection: Connection): void {
    this.#connections.delete(connection)
  }

  /** Something was done with the session: looks at what follows. */
  happened(): void {
    if (this.#isOver) return
    this.#stream.acked()
    const due = this.core.nextTick
    if (this.#timer !== undefined && this.#timer.due <= due) return
    this.#timer?.timer.cancel()
    const { clock } = this.#parts.shared
    const timer = clock.schedule(Math.max(0, due - clock.now()), () => this.#tick())
    this.#timer = { due, timer }
  }

  /** The client said goodbye. */
  leave(): void {
    this.#stream.acked()
    this.#stream.destroy()
  }

  #tick(): void {
    this.#timer = undefined
    const now = this.#parts.shared.clock.now()
    if (this.core.isOver(now)) {
      this.#stream.destroy(failure('session-idle'))
      return
    }
    this.core.tick(now)
    this.happened()
  }

  #prove(): void {
    this.#isProven = true
    this.core.inbox.keeps = MAX_EARLY
    for (const connection of this.#connections) connection.settle()
  }

  #end(done: () => void): void {
    this.#isOver = true
    this.#timer?.timer.cancel()
    this.core.end()
    this.#parts.gone()
    // What idles by these has nobody to answer for it any more.
    const connections = [...this.#connections]
    this.#connections.clear()
    for (const connection of connections) {
      connection.isForsaken = true
      if (connection.requests === 0) connection.socket.end()
      this.#seeOff(connection)
    }
    done()
  }

  /** It counts no longer among those that proved nothing, so nobody else ends one that stands still. */
  #seeOff(connection: Connection): void {
    const { socket } = connection
    if (socket.destroyed) return
    const timer = this.#parts.shared.clock.schedule(FORSAKEN_GRACE, () => {
      if (connection.isForsaken) socket.destroy()
    })
    socket.once('close', () => timer.cancel())
  }
}
