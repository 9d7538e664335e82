import net from 'node:net'
import type { Duplex } from 'node:stream'
import { TransportError } from '../../core/api/errors.js'
import { redact } from '../../core/api/redact.js'
import type { Link, LinkHandlers, Listener } from '../../core/api/transport.js'
import { sourceBytes } from '../../core/ip/source-address.js'
import type { StreamEnd, Streams } from '../../core/plugin/streams.js'
import type { CarrierParts } from '../shared/carrier-parts.js'
import { takenOver } from './plugin-admission.js'

// What links are made of is loaded when one is made: most plugins are no transports.

/** Links over streams for a plugin, made as those of built-in transports, within the same bounds. */
export class PluginStreams implements Streams {
  readonly #carriers: CarrierParts

  constructor(carriers: CarrierParts) {
    this.#carriers = carriers
  }

  async link(stream: Duplex, end: StreamEnd, handlers: LinkHandlers): Promise<Link> {
    stream.on('error', () => {}) // one that fails before it is a link's must not end the process
    const [{ openTcpLink }, { StreamLink }, { FreshBuffers }, shared] = await Promise.all([
      import('../tcp/open-tcp-link.js'),
      import('../streams/stream-link.js'),
      import('../streams/send-buffer-pool.js'),
      this.#carriers.streams(),
    ])
    const remote = end.remote instanceof URL ? redact(end.remote) : end.remote
    if (stream.destroyed) {
      end.admitted?.settle()
      throw new TransportError(`Cannot keep ${remote}: the connection ended`, {
        code: 'ERR_TRANSPORT_FAILED',
      })
    }
    const isSocket = stream instanceof net.Socket
    const source = end.source ?? sourceBytes(isSocket ? stream.remoteAddress : undefined)
    const admitted = end.admitted && takenOver(end.admitted)
    const parts = { remote, source, handlers, ...(admitted !== undefined && { unauthenticated: admitted }) }
    if (isSocket) shared.tune(stream)
    try {
      const link = isSocket
        ? openTcpLink({ ...parts, socket: stream, shared })
        : new StreamLink({ ...parts, stream, shared: { ...shared, memory: new FreshBuffers() } })
      admitted?.closedBy(() => link.cut())
      return link
    } catch (thrown) {
      admitted?.settle()
      throw thrown
    }
  }

  async listen(endpoint: URL, handlers: LinkHandlers): Promise<Listener> {
    const [{ TcpListener }, { listenLocally }, shared] = await Promise.all([
      import('../tcp/tcp-listener.js'),
      import('../accepting/listen-locally.js'),
      this.#carriers.streams(),
    ])
    return TcpListener.open(
      endpoint,
      handlers,
      shared,
      // The other end of a plugin's Unix socket is a peer like any other, and all of them count as one address.
      endpoint.hostname === '' ? { listen: listenLocally, sourceOf: sourceBytes } : {},
    )
  }
}
