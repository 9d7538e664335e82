import net from 'node:net'
import type { Link, LinkHandlers, Listener } from '../../core/api/transport.js'
import { listen, stopListening } from '../dialing/listen.js'
import { SOCKET_OPTIONS } from '../net/socket-options.js'
import { remoteHost, sourceBytes } from '../net/source-address.js'
import type { StreamParts } from '../streams/stream-parts.js'
import { openTcpLink } from './open-tcp-link.js'

/** Accepts links over TCP. */
export class TcpListener implements Listener {
  readonly endpoint: URL
  readonly #server: net.Server
  readonly #links: Set<Link>

  private constructor(endpoint: URL, server: net.Server, links: Set<Link>) {
    this.endpoint = endpoint
    this.#server = server
    this.#links = links
  }

  /** @throws TransportError ERR_TRANSPORT_LISTEN */
  static async open(endpoint: URL, handlers: LinkHandlers, shared: StreamParts): Promise<TcpListener> {
    const links = new Set<Link>()
    const server = net.createServer(SOCKET_OPTIONS, (socket) => accept(socket, handlers, shared, links))
    const bound = await listen(server, endpoint, shared.egress)
    server.on('error', (error) => handlers.failed(error))
    return new TcpListener(bound, server, links)
  }

  async close(): Promise<void> {
    const stopped = stopListening(this.#server)
    await Promise.all([...this.#links].map((link) => link.close()))
    await stopped
  }
}

function accept(socket: net.Socket, handlers: LinkHandlers, shared: StreamParts, links: Set<Link>): void {
  shared.tune(socket)
  const source = sourceBytes(socket.remoteAddress)
  const unauthenticated = shared.unauthenticatedLinks.admit(source, () => link.cut())
  const link = openTcpLink({
    shared,
    socket,
    remote: `tcp://${remoteHost(socket.remoteAddress, socket.remotePort)}`,
    source,
    handlers,
    unauthenticated,
    gone: () => links.delete(link),
  })
  links.add(link)
}
