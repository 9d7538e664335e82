import type { Link, LinkHandlers, Listener, Transport } from '../../core/transport.js'
import type { TransportSettings } from '../../core/transport-settings.js'
import { dialError, redacted } from '../dial-error.js'
import { openSocket } from '../open-socket.js'
import { sourceBytes } from '../source-address.js'
import type { StreamParts } from '../stream-parts.js'
import { openTcpLink } from './open-tcp-link.js'
import { TcpListener } from './tcp-listener.js'

/** Datagrams over TCP connections, each after its length, directly or through proxies. */
export class TcpTransport implements Transport {
  readonly #settings: TransportSettings
  readonly #shared: StreamParts

  constructor(settings: TransportSettings, shared: StreamParts) {
    this.#settings = settings
    this.#shared = shared
  }

  async dial(endpoint: URL, handlers: LinkHandlers, signal: AbortSignal): Promise<Link> {
    try {
      const socket = await openSocket(endpoint, this.#settings, this.#shared, signal)
      const source = sourceBytes(socket.remoteAddress)
      return openTcpLink({ socket, remote: redacted(endpoint), source, handlers, shared: this.#shared })
    } catch (thrown) {
      throw dialError(endpoint, thrown)
    }
  }

  async listen(endpoint: URL, handlers: LinkHandlers): Promise<Listener> {
    return TcpListener.open(endpoint, handlers, this.#shared)
  }
}
