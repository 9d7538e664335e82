import { redact } from '../../core/api/redact.js'
import type { DialWait, Link, LinkHandlers, Listener } from '../../core/api/transport.js'
import { sourceBytes } from '../../core/ip/source-address.js'
import type { OptionGroups } from '../../core/settings/option-groups.js'
import type { TransportSettings } from '../../core/settings/transport-settings.js'
import { listenHow } from '../accepting/listen-how.js'
import { Dialer } from '../dialing/dialer.js'
import { dialError } from '../net/dial-error.js'
import { exchanged, type Renewable, type Renewal } from '../shared/renewable.js'
import type { StreamParts } from '../streams/stream-parts.js'
import { openTcpLink } from './open-tcp-link.js'
import { TcpListener } from './tcp-listener.js'

/** Datagrams over TCP connections, each after its length, directly or through proxies. */
export class TcpTransport implements Renewable {
  #dialer: Dialer
  readonly #shared: StreamParts

  /** @throws ConfigError if a certificate, a key or the pin cannot be read. */
  constructor(settings: TransportSettings & OptionGroups, shared: StreamParts) {
    this.#dialer = new Dialer(settings, shared)
    this.#shared = shared
  }

  async renewal({ groups, ...settings }: TransportSettings): Promise<Renewal> {
    const dialer = new Dialer({ ...settings, ...groups }, this.#shared)
    return exchanged(this.#dialer, dialer, (one) => {
      this.#dialer = one
    })
  }

  async dial(endpoint: URL, handlers: LinkHandlers, wait: DialWait): Promise<Link> {
    try {
      const socket = await this.#dialer.open(endpoint, wait)
      const source = sourceBytes(socket.remoteAddress)
      return openTcpLink({ socket, remote: redact(endpoint), source, handlers, shared: this.#shared })
    } catch (thrown) {
      throw dialError(endpoint, thrown)
    }
  }

  async listen(endpoint: URL, handlers: LinkHandlers): Promise<Listener> {
    return TcpListener.open(endpoint, handlers, this.#shared, listenHow(endpoint))
  }
}
