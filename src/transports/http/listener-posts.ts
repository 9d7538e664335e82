import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { descriptorOf } from '../../native/sockets/detach-socket.js'
import type { Accepted } from '../accepting/door.js'
import { takeBodies } from '../streams/receive-buffer.js'
import type { HttpSessions, HttpSessionsParts, Visitor } from './http-sessions.js'
import type { Connection } from './served-session.js'

/** What a listener does with posts for the path of a tunnel; what answers them is loaded for the first. */
export class ListenerPosts {
  readonly #parts: HttpSessionsParts
  #sessions: HttpSessions | undefined
  readonly #connections = new WeakMap<Socket, Connection>()

  constructor(parts: HttpSessionsParts) {
    this.#parts = parts
  }

  /** Whether a connection is one of a session, by which its link says goodbye. */
  owns({ socket }: Accepted): boolean {
    const connection = this.#connections.get(socket)
    return connection !== undefined && this.#sessions?.owns(connection) === true
  }

  /**
   * A connection becomes a WebSocket, maybe of another client, since front ends share connections: it has to prove itself
   * anew, whatever a session on it did, and does not end with that.
   */
  leave(accepted: Accepted, source: Uint8Array): void {
    const connection = this.#connections.get(accepted.socket)
    if (connection === undefined || this.#sessions?.owns(connection) !== true) return
    this.#sessions.release(connection)
    connection.isForsaken = false
    accepted.unauthenticated.settle()
    accepted.unauthenticated = this.#parts.shared.unauthenticatedLinks.admit(source, () => accepted.cut())
  }

  /** Whether a post by a connection is not answered yet: any number of requests could wait behind it. */
  isAsked({ socket }: Accepted): boolean {
    const connection = this.#connections.get(socket)
    return connection !== undefined && connection.requests > 0
  }

  /** Answers a post that came by a connection. */
  async answer(
    request: IncomingMessage,
    response: ServerResponse,
    accepted: Accepted,
    visitor: Omit<Visitor, 'connection'>,
  ): Promise<void> {
    const sessions = this.#sessions ?? (await this.#load())
    if (request.socket.destroyed) return
    sessions.answer(request, response, { ...visitor, connection: this.#connectionOf(accepted) })
  }

  async #load(): Promise<HttpSessions> {
    const { HttpSessions } = await import('./http-sessions.js')
    this.#sessions ??= new HttpSessions(this.#parts)
    return this.#sessions
  }

  #connectionOf({ socket, unauthenticated }: Accepted): Connection {
    let connection = this.#connections.get(socket)
    if (connection === undefined) {
      const settle = () => {
        unauthenticated.settle()
        const { native } = this.#parts.shared
        // A session may end or prove itself after the connection that it came by.
        if (native !== undefined && !socket.destroyed) takeBodies(native.native, descriptorOf(socket))
      }
      connection = { socket, requests: 0, isForsaken: false, settle }
      this.#connections.set(socket, connection)
    }
    return connection
  }
}
