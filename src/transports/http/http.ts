import type { DialWait, Link, LinkHandlers, Listener } from '../../core/api/transport.js'
import type { OptionGroups } from '../../core/settings/option-groups.js'
import type { TransportSettings } from '../../core/settings/transport-settings.js'
import { type Renewable, type Renewal, renewalOfAll } from '../shared/renewable.js'
import type { StreamParts } from '../streams/stream-parts.js'
import { PostDialer } from './post-dialer.js'

/** Datagrams over plain HTTP requests and their answers: where a proxy or a web server on the way strips Upgrade. */
export class HttpTransport implements Renewable {
  readonly #client: PostDialer
  readonly #server: Renewable

  /**
   * @param server Listens for posts as well.
   * @throws ConfigError if a header, a certificate, a key or the pin cannot be used.
   */
  constructor(settings: TransportSettings & OptionGroups, shared: StreamParts, server: Renewable) {
    this.#client = new PostDialer(settings, shared)
    this.#server = server
  }

  renewal(settings: TransportSettings): Promise<Renewal> {
    return renewalOfAll([this.#client, this.#server], settings)
  }

  dial(endpoint: URL, handlers: LinkHandlers, wait: DialWait): Promise<Link> {
    return this.#client.dial(endpoint, handlers, wait)
  }

  listen(endpoint: URL, handlers: LinkHandlers): Promise<Listener> {
    return this.#server.listen(endpoint, handlers)
  }
}
