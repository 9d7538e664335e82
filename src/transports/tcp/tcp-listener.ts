import { redact } from '../../core/api/redact.js'
import type { LinkHandlers, Listener } from '../../core/api/transport.js'
import { sourceBytes } from '../../core/ip/source-address.js'
import { type Accepted, type AcceptedLink, Door } from '../accepting/door.js'
import type { Listen } from '../accepting/listen.js'
import type { StreamParts } from '../streams/stream-parts.js'
import { openTcpLink } from './open-tcp-link.js'

/** Accepts links over TCP, or over a Unix socket if it listens at one. */
export class TcpListener implements Listener {
  readonly endpoint: URL
  readonly #door: Door
  readonly #links: Set<AcceptedLink>

  private constructor(endpoint: URL, door: Door, links: Set<AcceptedLink>) {
    this.endpoint = endpoint
    this.#door = door
    this.#links = links
  }

  /** @throws TransportError ERR_TRANSPORT_LISTEN */
  static async open(
    endpoint: URL,
    handlers: LinkHandlers,
    shared: StreamParts,
    listen?: Listen,
  ): Promise<TcpListener> {
    const links = new Set<AcceptedLink>()
    let local = 0
    const enter = (accepted: Accepted) => {
      const isLocal = accepted.socket.remoteAddress === undefined
      const remote = isLocal ? `${redact(endpoint)}:${++local}` : `${endpoint.protocol}//${accepted.name}`
      open({ accepted, remote, handlers, shared, links })
    }
    const parts = { handlers, shared, sourceOf: sourceBytes, enter, listen }
    const { door, bound } = await Door.open(endpoint, parts)
    return new TcpListener(bound, door, links)
  }

  close(): Promise<void> {
    return this.#door.close(this.#links)
  }
}

interface Opening {
  readonly accepted: Accepted
  readonly remote: string
  readonly handlers: LinkHandlers
  readonly shared: StreamParts
  readonly links: Set<AcceptedLink>
}

function open({ accepted, remote, handlers, shared, links }: Opening): void {
  const { socket, unauthenticated } = accepted
  const link = openTcpLink({
    shared,
    socket,
    remote,
    source: sourceBytes(socket.remoteAddress),
    handlers,
    unauthenticated,
    gone: () => links.delete(link),
  })
  links.add(link)
  accepted.cut = () => link.cut()
}
