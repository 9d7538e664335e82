// @ts-check
import { isIP } from 'node:net'
import { NodeTransport } from '@nats-io/transport-node/lib/node_transport.js'

/**
 * Opens a connection.
 *
 * @typedef {(host: string, port: number, signal: AbortSignal) => Promise<import('node:net').Socket>} OpenSocket
 */

/**
 * The library's connection to one server, over a socket that somebody else opens. The library's own leaves the socket open
 * if a server is silent from the first byte on, and waits for a silent one before it gives up on it: this one does neither.
 */
export class GivenSocketTransport extends NodeTransport {
  #ended = new AbortController()
  #host = ''

  /** @override @type {NodeTransport['connect']} */
  connect(place, options) {
    this.#host = place.hostname
    return super.connect(place, options)
  }

  /** @override @type {NodeTransport['dial']} */
  async dial({ hostname, port }) {
    const { openSocket } = /** @type {{ openSocket?: OpenSocket }} */ (this.options)
    if (openSocket === undefined) return super.dial({ hostname, port }) // somebody else's, who uses the library as well
    const socket = await openSocket(hostname, port, this.#ended.signal)
    return socket.setNoDelay(true)
  }

  /** @override @type {NodeTransport['startTLS']} */
  startTLS() {
    const server = isIP(this.#host) > 0 ? { host: this.#host } : { servername: this.#host }
    this.options.tls = { ...this.options.tls, ...server }
    return super.startTLS()
  }

  /** @override @type {NodeTransport['close']} */
  async close(error) {
    this.#ended.abort()
    this.socket?.destroy()
    await super.close(error)
  }
}
