import type { LinkHandlers, Listener } from '../../core/api/transport.js'
import { type Accepted, type AcceptedLink, Door } from '../accepting/door.js'
import { sourceBytes } from '../net/source-address.js'
import type { StreamParts } from '../streams/stream-parts.js'
import { openTcpLink } from './open-tcp-link.js'

/** Accepts links over TCP. */
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
  static async open(endpoint: URL, handlers: LinkHandlers, shared: StreamParts): Promise<TcpListener> {
    const links = new Set<AcceptedLink>()
    const enter = (accepted: Accepted) => open(accepted, handlers, shared, links)
    const { door, bound } = await Door.open(endpoint, { handlers, shared, sourceOf: sourceBytes, enter })
    return new TcpListener(bound, door, links)
  }

  close(): Promise<void> {
    return this.#door.close(this.#links)
  }
}

function open(
  accepted: Accepted,
  handlers: LinkHandlers,
  shared: StreamParts,
  links: Set<AcceptedLink>,
): void {
  const { name, socket, unauthenticated } = accepted
  const link = openTcpLink({
    shared,
    socket,
    remote: `tcp://${name}`,
    source: sourceBytes(socket.remoteAddress),
    handlers,
    unauthenticated,
    gone: () => links.delete(link),
  })
  links.add(link)
  accepted.cut = () => link.cut()
}
