import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import type { DialWait } from '../../core/api/transport.js'
import { bareHost } from '../../core/ip/bare-host.js'
import type { ProxyServer } from '../../core/proxy/proxy-url.js'
import { failure, reason } from '../../core/reasons/reason.js'
import type { OptionGroups } from '../../core/settings/option-groups.js'
import { STEP_LIMITS } from '../../core/settings/step-limits.js'
import type { ProxyAuth, ProxySettings, TransportSettings } from '../../core/settings/transport-settings.js'
import { endpointPort } from '../net/endpoint-port.js'
import type { KnownLogin } from '../proxy/known-login.js'
import { LateAnswer, moreThanSoFar } from './late-answer.js'
import { type DialParts, ThroughProxies } from './through-proxies.js'
import { SECURE, TlsClient } from './tls-client.js'
import { tlsFacts } from './tls-facts.js'

/** That a server was not connected to in its time. */
const NOT_ACCEPTED = reason('connect-silent')

/** A proxy that requests are made to. */
export interface AskedProxy {
  readonly server: ProxyServer
  readonly known: KnownLogin
  /** Which ways to log in are taken. */
  readonly auth: ProxyAuth
  /** Headers of requests, beyond those that they need. */
  readonly headers: Readonly<Record<string, string>>
}

/** Opens what carries a stream to an endpoint: TCP, through a proxy if one is named, and TLS for `wss://` and `https://`. */
export class Dialer {
  readonly #shared: DialParts
  readonly #settings: ProxySettings | undefined
  readonly #tls: TlsClient
  readonly #way: ThroughProxies

  /** @throws ConfigError if a certificate, a key or the pin cannot be read. */
  constructor({ proxy, tls }: TransportSettings & OptionGroups, shared: DialParts) {
    this.#shared = shared
    this.#settings = proxy
    this.#tls = new TlsClient(tls)
    this.#way = new ThroughProxies(proxy, shared)
  }

  /**
   * A connected socket that nobody reads yet.
   *
   * @param http2 Whether HTTP/2 is offered to a server of `https://`, by ALPN; the socket tells what it chose.
   * @throws Error that says what went wrong, to be read after the endpoint's name; ConfigError if the proxy is
   *   none; TransportError ERR_HOST_UNKNOWN or ERR_NAME_SERVER, for the proxy's name as well, or what the signal is
   *   aborted with.
   */
  open(endpoint: URL, wait: DialWait, http2 = false): Promise<Socket> {
    return this.#way.by(endpoint, wait, (proxies, wait) => this.#openBy(proxies, endpoint, wait, http2))
  }

  async #openBy(
    proxies: readonly ProxyServer[],
    endpoint: URL,
    wait: DialWait,
    http2: boolean,
  ): Promise<Socket> {
    const proxy = proxies.at(-1)
    const server = { url: endpoint, port: endpointPort(endpoint), notAccepted: NOT_ACCEPTED }
    const asked = this.asked(endpoint)?.server
    const socket = await (asked === undefined
      ? this.#way.reach(proxies, server, wait)
      : this.#way.toProxy(proxies, asked, wait))
    try {
      if (endpoint.protocol === 'tcp:') return socket
      // An HTTP or TLS server does not speak first, so it is the proxy, if there is one, that said this.
      if (socket.readableLength > 0)
        throw proxy ? failure('proxy-spoke', { proxy: proxy.shown }) : failure('server-spoke')
      if (!SECURE.has(endpoint.protocol)) return socket
      const silent = reason('tls-silent', { who: connected(proxy) })
      const slow = reason('tls-slow', { who: serverBehind(proxy) })
      wait.step('tls', STEP_LIMITS.tls, new LateAnswer(silent, slow, moreThanSoFar(socket)))
      const host = bareHost(endpoint.hostname)
      const how = { tapped: this.#handsOff(socket), http2 }
      const secured = await this.#tls.secure(socket, host, wait.signal, how)
      wait.note?.(() => tlsFacts(secured))
      return secured
    } catch (thrown) {
      socket.destroy()
      throw thrown
    }
  }

  /**
   * The proxy that is asked for an endpoint of `http://` itself, as by every program that speaks HTTP, instead of for a connection
   * to it, which many allow for TLS alone. A socket that is opened leads to it then. Undefined if a PAC file says which proxies there
   * are: nobody knows them before.
   */
  asked(endpoint: URL): AskedProxy | undefined {
    if (this.#way.isByPac) return undefined
    const server = this.#way.before(endpoint).at(-1)
    if (endpoint.protocol !== 'http:' || server === undefined || server.kind === 'socks5') return undefined
    const { auth = 'any', headers = {} } = this.#settings ?? {}
    return { server, known: this.#shared.proxyLogins.at(server), auth, headers }
  }

  /** How a message begins about what a server that a socket was opened to did not do. */
  reached(endpoint: URL): string {
    const proxy = this.#way.before(endpoint).at(-1)
    if (proxy !== undefined && this.asked(endpoint) !== undefined) return accepted(proxy)
    if (!SECURE.has(endpoint.protocol)) return connected(proxy)
    return `${serverBehind(proxy)} finished the TLS handshake and`
  }

  /** Who answers by a socket that was opened to a server, in words. */
  answering(endpoint: URL): string {
    const proxy = this.#way.before(endpoint).at(-1)
    if (proxy === undefined || this.asked(endpoint) === undefined) return serverBehind(proxy)
    return `the proxy ${proxy.shown}, or the server behind it,`
  }

  /** Whether TLS over this is taken over from Node later; not if it runs over a proxy's TLS. */
  #handsOff(socket: Socket): boolean {
    return this.#shared.native !== undefined && !(socket instanceof TLSSocket)
  }
}

function serverBehind(proxy: ProxyServer | undefined): string {
  return proxy === undefined ? 'the server' : `the server behind the proxy ${proxy.shown}`
}

/** The same about a proxy that is asked for the endpoint itself. */
function accepted({ shown }: ProxyServer): string {
  return `the proxy ${shown} accepted the connection and`
}

/** How a message begins about what a server did not do once there was a connection. */
function connected(proxy: ProxyServer | undefined): string {
  if (proxy === undefined) return 'the server accepted the connection and'
  return `the proxy ${proxy.shown} connected to the server, which`
}
