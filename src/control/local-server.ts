import { createServer, type Server, type Socket } from 'node:net'
import { privately } from './privately.js'

/** Clients are local: more of them at once are a mistake. */
export const MAX_CONNECTIONS = 16
/** Milliseconds that a connection may take to ask, and to read on in an answer. */
export const CONNECTION_TIMEOUT = 10_000

/** Accepts a bounded number of connections to a local socket, by its owner alone. */
export class LocalServer {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  /** @param serve is called with each connection; its errors only close it. */
  constructor(serve: (socket: Socket) => void, { allowHalfOpen = false } = {}) {
    this.#server = createServer({ allowHalfOpen }, (socket) => {
      this.#sockets.add(socket)
      socket.on('close', () => this.#sockets.delete(socket))
      socket.on('error', () => socket.destroy()) // the client went away
      serve(socket)
    })
    this.#server.maxConnections = MAX_CONNECTIONS
  }

  /** The open connections. */
  get sockets(): ReadonlySet<Socket> {
    return this.#sockets
  }

  /**
   * Listens at `path`, where nothing is, for its owner alone from the first moment: others may be able to enter the folder.
   * Rejects if the socket cannot be had. `refused` is told why a connection cannot be accepted.
   */
  async listen(path: string, refused: (error: Error) => void): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      privately(() => this.#server.once('error', reject).listen(path, resolve))
    })
    this.#server.on('error', refused)
  }

  /** Removes the socket and accepts no more connections. Resolves once the open ones are closed, which is the caller's to do. */
  close(): Promise<void> {
    return new Promise((resolve) => this.#server.close(() => resolve()))
  }
}
