import { type IncomingMessage, type Server, ServerResponse } from 'node:http'
import https from 'node:https'
import type { Socket } from 'node:net'
import { type WebSocket, WebSocketServer } from 'ws'
import { ConfigError } from '../../core/api/errors.js'
import { redact } from '../../core/api/redact.js'
import type { Link, LinkHandlers } from '../../core/api/transport.js'
import { sourceBytes } from '../../core/ip/source-address.js'
import type { OptionGroups, TlsSettings } from '../../core/settings/option-groups.js'
import { type Accepted, type AcceptedLink, Door } from '../accepting/door.js'
import { listenHow } from '../accepting/listen-how.js'
import { SECURE } from '../dialing/tls-client.js'
import { plainAddress } from '../front-ends/plain-address.js'
import { ListenerPosts } from '../http/listener-posts.js'
import { remoteHost } from '../net/remote-host.js'
import { exchanged, type Renewal } from '../shared/renewable.js'
import type { Replaceable } from '../shared/replaceable.js'
import type { StreamParts } from '../streams/stream-parts.js'
import { alertIn } from '../tls/alerts.js'
import { carrierOf, ServerTaps } from '../tls/handoff/taps.js'
import { afterClientHello } from './client-hello.js'
import { DocumentRoot } from './document-root.js'
import { MessageSizes, sizesAfter, toldSize } from './message-sizes.js'
import { openWebSocketLink } from './open-websocket-link.js'
import { WEBSOCKET_OPTIONS } from './options.js'
import { ClientAddress } from './requests/client-address.js'
import { LACKING, lacksOf } from './requests/lacking-upgrade.js'
import { isSamePath, requestPath } from './requests/request-path.js'
import { type Certificates, certificatesFor, createServer, show } from './web-server.js'

/** What a listener is made of. */
interface ListenerParts {
  readonly endpoint: URL
  readonly handlers: LinkHandlers
  readonly shared: StreamParts
  /** Takes the connections that the listener accepts; does not listen itself. */
  readonly server: Server
  /** Called once it listens no more. */
  readonly gone: () => void
}

/** What a listener goes by, which a reload may change. */
interface Ways {
  readonly options: OptionGroups
  readonly documentRoot: DocumentRoot
  readonly clientAddress: ClientAddress
  readonly sizes: MessageSizes
  /** Undefined without TLS. */
  readonly certificates: Certificates | undefined
}

/** Accepts links over WebSockets on one path of a web server that otherwise looks like any other. */
export class WebSocketListener implements Replaceable {
  readonly #parts: ListenerParts
  #ways: Ways
  readonly #webSockets = new WebSocketServer({ ...WEBSOCKET_OPTIONS, noServer: true, clientTracking: false })
  /** By name: a request names the TLS socket, and only the remote address and port of the bare one are the same. */
  readonly #accepted = new Map<string, Accepted>()
  readonly #links = new Set<AcceptedLink>()
  readonly #posts: ListenerPosts
  /** Absent if connections are not taken over from Node. */
  readonly #taps: ServerTaps | undefined
  #door!: Door
  #endpoint: URL

  private constructor(parts: ListenerParts, ways: Ways) {
    const { handlers, server, shared } = parts
    this.#parts = parts
    this.#ways = ways
    this.#posts = new ListenerPosts({ handlers, shared, links: this.#links })
    if (server instanceof https.Server && shared.native !== undefined) this.#taps = new ServerTaps(server)
    this.#endpoint = parts.endpoint
    server.on('request', (request, response) =>
      this.#guard(request.socket, () => this.#visit(request, response)),
    )
    server.on('upgrade', (request, socket: Socket, head) =>
      this.#guard(socket, () => this.#upgrade(request, socket, head)),
    )
    server.on('clientError', (error, socket) =>
      this.#guard(socket as Socket, () => this.#refuse(error, socket as Socket)),
    )
    this.#webSockets.on('wsClientError', (_error, socket, request) => this.#answer(request, socket as Socket))
  }

  /**
   * @throws TransportError ERR_TRANSPORT_LISTEN; ConfigError if the certificate, the document root or a trusted proxy
   *   cannot be used.
   */
  static async open(
    endpoint: URL,
    handlers: LinkHandlers,
    options: OptionGroups,
    shared: StreamParts,
    gone: () => void,
  ): Promise<WebSocketListener> {
    const { tls, websocket } = options
    const clientAddress = new ClientAddress(websocket)
    const certificates = certificatesFor(endpoint, tls)
    const documentRoot = await DocumentRoot.open(websocket?.documentRoot)
    const sizes = new MessageSizes(shared, websocket?.maxMessage)
    const parts = { endpoint, handlers, shared, gone, server: createServer(certificates) }
    const ways = { options, documentRoot, clientAddress, sizes, certificates }
    const listener = new WebSocketListener(parts, ways)
    try {
      await listener.#open()
    } catch (thrown) {
      documentRoot.close()
      throw thrown
    }
    return listener
  }

  get endpoint(): URL {
    return this.#endpoint
  }

  get accepted(): Iterable<Link> {
    return this.#links
  }

  offer(): () => void {
    return this.#door.offer()
  }

  /**
   * Gets it ready for other options: certificates, the document root, whom it trusts. Those who come from then on are served by
   * them, and requests of those who are there.
   *
   * @throws ConfigError if they cannot be used.
   */
  async renewal(options: OptionGroups): Promise<Renewal> {
    const before = this.#ways
    const [old, next] = [before.options, options].map(({ websocket }) => websocket?.documentRoot)
    const certificates = this.#certificatesAfter(before.options.tls, options.tls)
    const clientAddress = new ClientAddress(options.websocket)
    const sizes = sizesAfter(before.sizes, before.options, options, this.#parts.shared)
    const documentRoot = old === next ? before.documentRoot : await DocumentRoot.open(next)
    const after = { options, documentRoot, clientAddress, sizes, certificates }
    const { apply, undo } = exchanged<Ways>(before, after, (ways) => {
      this.#ways = ways
      show(this.#parts.server, ways.certificates)
    })
    const close = (one: DocumentRoot, unless: DocumentRoot) => {
      if (one !== unless) one.close()
    }
    return {
      apply,
      undo: () => {
        undo()
        close(documentRoot, before.documentRoot)
      },
      settle: () => close(before.documentRoot, documentRoot),
    }
  }

  /** @throws ConfigError if a certificate cannot be used, or if clients have to show one from then on, or no longer. */
  #certificatesAfter(before: TlsSettings = {}, after: TlsSettings = {}): Certificates | undefined {
    const { endpoint } = this.#parts
    const certificates = certificatesFor(endpoint, after)
    if (certificates !== undefined && (after.ca === undefined) !== (before.ca === undefined)) {
      throw new ConfigError(
        `Cannot change whether clients of ${redact(endpoint)} show a certificate: restart`,
        {
          code: 'ERR_CONFIG_VALUE',
        },
      )
    }
    return certificates
  }

  async close(): Promise<void> {
    this.#parts.gone()
    for (const accepted of this.#accepted.values()) {
      if (!this.#posts.owns(accepted)) accepted.cut()
    }
    await this.#door.close(this.#links)
    this.#ways.documentRoot.close()
  }

  async #open(): Promise<void> {
    const { endpoint, handlers, shared } = this.#parts
    const how = listenHow(endpoint)
    if (how.listen !== undefined && SECURE.has(endpoint.protocol)) {
      throw new ConfigError(
        `Cannot listen on ${redact(endpoint)}: a Unix socket takes ws://, and TLS is the front end's`,
        { code: 'ERR_CONFIG_VALUE' },
      )
    }
    const { door, bound } = await Door.open(endpoint, {
      ...how,
      handlers,
      shared,
      sourceOf: (address) =>
        address === undefined || this.#ways.clientAddress.trusts(address) ? undefined : sourceBytes(address),
      isFrontEnd: (address) => isOfThisHost(address) || this.#ways.clientAddress.trusts(address),
      enter: (accepted) => this.#enter(accepted),
    })
    this.#door = door
    this.#endpoint = bound
  }

  /** Does work of an event of the connection that carries `socket`. If that fails, it ends, whoever has it by then. */
  #guard(socket: Socket, work: () => unknown): void {
    const carrier = carrierOf(socket)
    const accepted = this.#accepted.get(nameOf(socket))
    const cut = () => {
      accepted?.cut()
      socket.destroy()
      carrier.destroy()
    }
    this.#door.guard(cut, work)
  }

  #enter(accepted: Accepted): void {
    const { server } = this.#parts
    const { name, socket } = accepted
    // Who has the same name is gone, even if its end is not told yet.
    this.#accepted.get(name)?.unauthenticated.settle()
    this.#accepted.set(name, accepted)
    if (accepted.isLocal) localNames.set(socket, name)
    socket.once('close', () => {
      // A link on the bare descriptor may have taken the connection over, and goes on without the socket.
      if (this.#accepted.get(name) !== accepted) return
      this.#accepted.delete(name)
      accepted.unauthenticated.settle()
    })
    const greet = () => server.emit('connection', this.#taps?.tap(socket) ?? socket)
    if (!SECURE.has(this.#endpoint.protocol)) greet()
    else {
      const begin = () => {
        accepted.unauthenticated.secure()
        greet()
      }
      afterClientHello(socket, () => this.#guard(socket, begin))
    }
  }

  /** Whether a request is for the path of the tunnel. */
  #isOurs({ url }: IncomingMessage): boolean {
    return isSamePath(requestPath(url), this.#endpoint.pathname)
  }

  #visit(request: IncomingMessage, response: ServerResponse): void | Promise<void> {
    const { shared } = this.#parts
    const { documentRoot } = this.#ways
    const { method, socket } = request
    if (this.#isAsked(socket)) {
      socket.destroy()
      return
    }
    const isOurs = this.#isOurs(request)
    if (isOurs && method === 'POST') return this.#post(request, response)
    const lacks = isOurs ? lacksOf(request) : undefined
    if (lacks !== undefined) {
      shared.warnings.give(LACKING, { lacks, remote: nameOf(socket) }, shared.clock.now())
    }
    documentRoot.answer(request, response)
  }

  async #post(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { socket } = request
    const accepted = this.#accepted.get(nameOf(socket))
    if (accepted === undefined) {
      socket.destroy()
      return
    }
    const { source, remote } = this.#senderOf(request, accepted)
    accepted.unauthenticated.from(source)
    await this.#posts.answer(request, response, accepted, {
      remote,
      source,
      refuse: () => this.#ways.documentRoot.answer(request, response),
      guard: (work) => this.#guard(socket, work),
    })
  }

  /** Whether a post by a connection is not answered yet. Nobody who means well sends a request behind it. */
  #isAsked(socket: Socket): boolean {
    const accepted = this.#accepted.get(nameOf(socket))
    return accepted !== undefined && this.#posts.isAsked(accepted)
  }

  /** Whom a request by a connection comes from: `Link.remote` and `Link.source`. */
  #senderOf({ headers }: IncomingMessage, { client, isLocal }: Accepted) {
    const { clientAddress } = this.#ways
    const isTrusted = clientAddress.trusts(client.address) || (isLocal && client.address === undefined)
    const address = clientAddress.source(client.address, headers, isTrusted)
    const remote = `${this.#endpoint.protocol}//${remoteHost(address, client.port)}`
    return { remote, source: sourceBytes(address) }
  }

  #upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    if (this.#isAsked(socket)) socket.destroy()
    else if (!this.#isOurs(request)) this.#answer(request, socket)
    else
      this.#webSockets.handleUpgrade(request, socket, head, (webSocket) =>
        this.#guard(socket, () => this.#link(request, socket, webSocket)),
      )
  }

  async #link(request: IncomingMessage, socket: Socket, webSocket: WebSocket): Promise<void> {
    const { handlers, shared } = this.#parts
    const { sizes } = this.#ways
    const accepted = this.#accepted.get(nameOf(socket))
    if (accepted === undefined) {
      webSocket.terminate()
      return
    }
    const { remote, source } = this.#senderOf(request, accepted)
    const place = source.join('.')
    const size = Math.min(sizes.to(place), toldSize(request.url))
    this.#posts.leave(accepted, source)
    accepted.unauthenticated.from(source)
    let link: AcceptedLink | undefined
    let isGone = false
    const parts = { webSocket, socket, remote, source, handlers, shared }
    link = await openWebSocketLink({
      ...parts,
      unauthenticated: accepted.unauthenticated,
      maxDatagram: size,
      maxIncoming: sizes.from(place),
      ...(place !== '' && { watch: sizes.watch(place, size, false) }),
      gone: () => {
        isGone = true
        if (link !== undefined) this.#links.delete(link)
      },
    })
    this.#accepted.delete(accepted.name)
    const opened = link
    accepted.cut = () => opened.cut()
    if (!isGone) this.#links.add(opened)
  }

  /** Answers an invalid upgrade as if it had not asked for one. */
  #answer(request: IncomingMessage, socket: Socket): void {
    const response = new ServerResponse(request)
    response.assignSocket(socket)
    response.once('finish', () => {
      response.detachSocket(socket)
      socket.end()
    })
    this.#ways.documentRoot.answer(request, response)
  }

  /** What is no HTTP, or no TLS, gets no answer. */
  #refuse(error: NodeJS.ErrnoException, socket: Socket): void {
    const remote = nameOf(socket)
    const alert = alertIn(error) // such as one about this end's certificate, which it does not trust
    this.#parts.shared.log.debug('refused a connection that is not a web request', {
      remote,
      why:
        alert === undefined ? (error.code ?? error.message) : `it ended TLS with the alert "${alert.name}"`,
    })
    socket.destroy()
  }
}

/** Whether a program on this host brings what comes from an address: RFC 1122 section 3.2.1.3, RFC 4291 section 2.5.3. */
function isOfThisHost(address: string | undefined): boolean {
  const plain = plainAddress(address)
  return plain === '' || plain === '::1' || plain.startsWith('127.')
}

/** Connections by Unix sockets have no address. */
const localNames = new WeakMap<Socket, string>()

/** The name of the connection that carries a socket. */
function nameOf(socket: Socket): string {
  const carrier = carrierOf(socket)
  return localNames.get(carrier) ?? remoteHost(carrier.remoteAddress, carrier.remotePort)
}
