import { redact } from '../../core/api/redact.js'
import type { Link, LinkHandlers } from '../../core/api/transport.js'
import { sourceBytes } from '../../core/ip/source-address.js'
import { type Accepted, type AcceptedLink, Door, type DoorParts } from '../accepting/door.js'
import { remoteHost } from '../net/remote-host.js'
import type { Replaceable } from '../shared/replaceable.js'
import type { StreamParts } from '../streams/stream-parts.js'
import { openTcpLink } from './open-tcp-link.js'

/** Accepts links over TCP, or over a Unix socket if it listens at one. */
export class TcpListener implements Replaceable {
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
    how: Pick<DoorParts, 'listen' | 'proxyProtocol'> & Partial<Pick<DoorParts, 'sourceOf'>> = {},
  ): Promise<TcpListener> {
    const links = new Set<AcceptedLink>()
    const enter = (accepted: Accepted) => {
      const { address, port } = accepted.client
      const isNameless = address === undefined
      const remote = isNameless
        ? `${redact(endpoint)}:${port}`
        : `${endpoint.protocol}//${remoteHost(address, port)}`
      open({ accepted, remote, handlers, shared, links })
    }
    const parts = { handlers, shared, sourceOf: addressBytes, enter, ...how }
    const { door, bound } = await Door.open(endpoint, parts)
    return new TcpListener(bound, door, links)
  }

  get accepted(): Iterable<Link> {
    return this.#links
  }

  offer(): () => void {
    return this.#door.offer()
  }

  close(): Promise<void> {
    return this.#door.close(this.#links)
  }
}

/** None of a Unix socket: who stands before many clients there counts as none of them. */
function addressBytes(address: string | undefined): Uint8Array | undefined {
  return address === undefined ? undefined : sourceBytes(address)
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
    source: sourceBytes(accepted.client.address),
    handlers,
    unauthenticated,
    gone: () => links.delete(link),
  })
  links.add(link)
  accepted.cut = () => link.cut()
}
