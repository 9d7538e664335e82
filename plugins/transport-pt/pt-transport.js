// @ts-check

import net from 'node:net'
import { sourceBytes } from 'qanat/plugin'
import { addressOf, placeOf } from './address.js'
import { ExtOrPort } from './ext-or-port.js'
import { KeptProgram } from './kept-program.js'
import * as managed from './managed.js'
import { settingsOf, written } from './settings.js'
import * as sip003 from './sip003.js'
import { connected, connectThrough } from './socks.js'

/** Milliseconds for what a program says before a client's own bytes. */
const GREETING = 5_000
/** Connections that say nothing yet. */
const MAX_GREETING = 256
const LOOPBACK = { host: '127.0.0.1', port: 0 }

/**
 * @typedef {import('qanat').Transport} Transport
 * @typedef {import('qanat').Place} Place
 * @typedef {import('qanat').TransportContext<import('./options.js').PtOptions>} Context
 */

/**
 * Connections that a program makes and disguises: it listens on the loopback where Qanat dials, and connects to a port of the
 * loopback where Qanat listens.
 *
 * @implements {Transport}
 */
export class PtTransport {
  #context
  /** @type {KeptProgram<Place>} The client of Tor's protocol, which connects to any server. */
  #client
  /** Clients of SIP003, by what they connect to: each connects to one server. */
  #clients = /** @type {Map<string, KeptProgram<Place>>} */ (new Map())
  #accepted = 0
  #greeting = 0

  /** @param {Context} context */
  constructor(context) {
    this.#context = context
    this.#client = new KeptProgram({ context, always: false, start: () => managed.startClient(context) })
  }

  /** @type {Transport['dial']} */
  async dial(endpoint, handlers, { signal, step }) {
    const { errors, network, streams } = this.#context
    /** @type {net.Socket | undefined} */
    let socket
    const destroy = () => socket?.destroy()
    signal.addEventListener('abort', destroy)
    try {
      const { host, port } = placeOf(endpoint)
      step('name')
      const [address] = await network.resolve(host)
      signal.throwIfAborted()
      const remote = { host: /** @type {{ address: string }} */ (address).address, port }
      const settings = settingsOf(this.#context.options.settings, endpoint)
      const isTor = this.#context.options.protocol === 'tor'
      step('program', undefined, 'the program of the pluggable transport was not ready')
      const local = await (isTor ? this.#client : this.#clientFor(remote, settings)).ready()
      step('connect', undefined, 'the program of the pluggable transport reached nobody')
      signal.throwIfAborted()
      socket = net.connect(local)
      socket.on('error', () => {}) // who waits is told
      await connected(socket, signal)
      if (isTor) await connectThrough(socket, remote, written(settings))
      return await streams.link(socket, { remote: endpoint, source: sourceBytes(remote.host) }, handlers)
    } catch (thrown) {
      destroy()
      throw errors.dial(endpoint, thrown)
    } finally {
      signal.removeEventListener('abort', destroy)
    }
  }

  /** @type {Transport['listen']} */
  async listen(endpoint, handlers) {
    const context = this.#context
    const { errors, network, options } = context
    /** @type {(() => unknown)[]} */
    const made = []
    const close = async () => {
      await Promise.all(made.splice(0).map((undo) => undo()))
    }
    try {
      const { host, port } = placeOf(endpoint)
      const [address] = await network.resolve(host)
      const local = { host: /** @type {{ address: string }} */ (address).address, port }
      const links = new Set()
      const accept = (/** @type {net.Socket} */ socket, /** @type {ExtOrPort | undefined} */ ext) =>
        this.#accept(socket, { endpoint, ext, handlers: forgetting(links, handlers), links })
      const extOrPort = new ExtOrPort()
      const plain = await this.#listenLocally((socket) => accept(socket, undefined), made)
      const settings = settingsOf(options.serverSettings)
      const program = new KeptProgram({
        context,
        always: true,
        start:
          options.protocol === 'sip003'
            ? () => sip003.startServer(context, local, { local: plain, settings })
            : managed.startServer.bind(undefined, context, local, {
                cookieFile: extOrPort.cookieFile,
                extOrPort: await this.#listenLocally((socket) => accept(socket, extOrPort), made),
                orPort: plain,
                settings,
              }),
      })
      made.push(() => program.close())
      await program.ready()
      made.push(() => Promise.all([...links].map((link) => link.close())))
      return { endpoint, close }
    } catch (thrown) {
      await close()
      throw errors.listen(endpoint, thrown)
    }
  }

  /** @type {(accept: (socket: net.Socket) => void, made: (() => unknown)[]) => Promise<Place>} */
  async #listenLocally(accept, made) {
    const server = await this.#context.network.listen(LOOPBACK, accept)
    made.push(() => server.close())
    return { ...LOOPBACK, port: /** @type {net.AddressInfo} */ (server.address()).port }
  }

  /** @type {(remote: Place, settings: import('./settings.js').Settings) => KeptProgram<Place>} */
  #clientFor(remote, settings) {
    const context = this.#context
    const key = `${addressOf(remote)} ${written(settings)}`
    const kept = this.#clients.get(key)
    if (kept !== undefined) return kept
    const start = () => sip003.startClient(context, remote, settings)
    const made = new KeptProgram({ context, always: false, start })
    this.#clients.set(key, made)
    return made
  }

  /**
   * Makes a connection of the program a link once it is known whose it is.
   *
   * @param {net.Socket} socket
   * @param {{ endpoint: URL, ext: ExtOrPort | undefined, handlers: import('qanat').LinkHandlers, links: Set<import('qanat').Link> }} what
   */
  async #accept(socket, { endpoint, ext, handlers, links }) {
    const { admit, clock, log, streams } = this.#context
    // Only programs of this host get here, and those that greet do so at once.
    if (this.#greeting >= MAX_GREETING) return socket.destroy()
    this.#greeting++
    const timer = clock.schedule(GREETING, () => socket.destroy())
    try {
      const client = await ext?.greet(socket).finally(() => timer.cancel())
      const source = sourceBytes(client?.host)
      const admitted = admit(source, () => socket.destroy())
      const from = client === undefined ? `${endpoint.host}#${++this.#accepted}` : addressOf(client)
      const remote = `${endpoint.protocol}//${from}`
      links.add(await streams.link(socket, { remote, source, admitted }, handlers))
    } catch (thrown) {
      socket.destroy()
      const why = String(/** @type {Error} */ (thrown).message)
      log.debug('a connection of a pluggable transport failed', { why })
    } finally {
      timer.cancel()
      this.#greeting--
    }
  }
}

/** @type {(links: Set<import('qanat').Link>, handlers: import('qanat').LinkHandlers) => import('qanat').LinkHandlers} */
function forgetting(links, handlers) {
  return {
    receive: (link, datagrams) => handlers.receive(link, datagrams),
    drained: (link) => handlers.drained(link),
    closed(link, error) {
      links.delete(link)
      handlers.closed(link, error)
    },
    failed: (error) => handlers.failed(error),
  }
}
