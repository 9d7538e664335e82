import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { isTransportError } from '../../core/api/errors.js'
import type { DialWait } from '../../core/api/transport.js'
import { bareHost } from '../../core/ip/bare-host.js'
import { chooseProxy } from '../../core/proxy/choose-proxy.js'
import type { ProxyServer } from '../../core/proxy/proxy-url.js'
import { failure, reason } from '../../core/reasons/reason.js'
import type { OptionGroups } from '../../core/settings/option-groups.js'
import { STEP_LIMITS } from '../../core/settings/step-limits.js'
import type { ProxySettings, TransportSettings } from '../../core/settings/transport-settings.js'
import type { Clock } from '../../core/time/clock.js'
import { meaningOf } from '../net/dial-error.js'
import type { Egress } from '../net/egress.js'
import { endpointPort } from '../net/endpoint-port.js'
import { connectThroughHttp } from '../proxy/http-connect.js'
import { connectThroughSocks5 } from '../proxy/socks5.js'
import { connect, type Remote } from './connect.js'
import { TlsClient } from './tls-client.js'

/** That a server was not connected to in its time. */
const NOT_ACCEPTED = reason('connect-silent')

/** Protocols of endpoints that are reached by TLS. */
const SECURE: ReadonlySet<string> = new Set(['wss:', 'https:'])

/** What dialling needs of what the links of a transport share. */
export interface DialParts {
  readonly clock: Clock
  /** Sets the options of a connected socket that Node cannot set. */
  readonly tune: (socket: Socket) => void
  /** How look-ups and connections leave this host. */
  readonly egress: Egress
  /** Present if links run on bare descriptors, so that TLS is taken over from Node once it is up. */
  readonly native: object | undefined
}

/** Opens what carries a stream to an endpoint: TCP, through a proxy if one is named, and TLS for `wss://` and `https://`. */
export class Dialer {
  readonly #shared: DialParts
  readonly #proxy: ProxySettings | undefined
  readonly #tls: TlsClient
  readonly #proxyTls: TlsClient

  /** @throws ConfigError if a certificate, a key or the pin cannot be read. */
  constructor({ proxy, tls }: TransportSettings & OptionGroups, shared: DialParts) {
    this.#shared = shared
    this.#proxy = proxy
    this.#tls = new TlsClient(tls)
    this.#proxyTls = new TlsClient({ ca: proxy?.ca })
  }

  /**
   * A connected socket that nobody reads yet.
   *
   * @throws Error that says what went wrong, to be read after the endpoint's name; ConfigError if the proxy is
   *   none; TransportError ERR_HOST_UNKNOWN or ERR_NAME_SERVER, for the proxy's name as well, or what the signal is
   *   aborted with.
   */
  async open(endpoint: URL, wait: DialWait): Promise<Socket> {
    const proxy = this.#proxyBefore(endpoint)
    const socket = proxy
      ? await this.#through(proxy, endpoint, wait)
      : await this.#direct({ url: endpoint, port: endpointPort(endpoint), notAccepted: NOT_ACCEPTED }, wait)
    try {
      if (endpoint.protocol === 'tcp:') return socket
      // An HTTP or TLS server does not speak first, so it is the proxy, if there is one, that said this.
      if (socket.readableLength > 0)
        throw proxy ? failure('proxy-spoke', { proxy: proxy.shown }) : failure('server-spoke')
      if (!SECURE.has(endpoint.protocol)) return socket
      wait.step('tls', STEP_LIMITS.tls, reason('tls-silent', { who: connected(proxy) }))
      const host = bareHost(endpoint.hostname)
      return await this.#tls.secure(socket, host, wait.signal, this.#handsOff(socket))
    } catch (thrown) {
      socket.destroy()
      throw thrown
    }
  }

  /** How a message begins about what a server that a socket was opened to did not do. */
  reached(endpoint: URL): string {
    const proxy = this.#proxyBefore(endpoint)
    if (!SECURE.has(endpoint.protocol)) return connected(proxy)
    return `the server${proxy ? ` behind the proxy ${proxy.shown}` : ''} finished the TLS handshake and`
  }

  #proxyBefore(endpoint: URL): ProxyServer | undefined {
    return chooseProxy(endpoint, endpointPort(endpoint), this.#proxy).proxy
  }

  /** Whether TLS over this is taken over from Node later; not if it runs over a proxy's TLS. */
  #handsOff(socket: Socket): boolean {
    return this.#shared.native !== undefined && !(socket instanceof TLSSocket)
  }

  async #direct(remote: Remote, wait: DialWait): Promise<Socket> {
    const { clock, tune, egress } = this.#shared
    const socket = await connect(remote, egress, clock, wait)
    tune(socket)
    return socket
  }

  #through(proxy: ProxyServer, endpoint: URL, wait: DialWait): Promise<Socket> {
    return proxy.kind === 'socks5' ? this.#socks5(proxy, endpoint, wait) : this.#http(proxy, endpoint, wait)
  }

  #http(proxy: ProxyServer, endpoint: URL, wait: DialWait): Promise<Socket> {
    const { credentials, shown, url } = proxy
    const target = `${endpoint.hostname}:${endpointPort(endpoint)}`
    const open = async () => {
      const socket = await this.#toProxy(proxy, wait)
      wait.step('proxy', STEP_LIMITS.proxy, reason('proxy-silent', { proxy: shown, question: 'CONNECT' }))
      return socket
    }
    return connectThroughHttp({ open, credentials, proxy: url, shown, target }, wait.signal)
  }

  async #socks5(proxy: ProxyServer, endpoint: URL, wait: DialWait): Promise<Socket> {
    const socket = await this.#toProxy(proxy, wait)
    try {
      const { credentials, shown } = proxy
      const asking = (question: string) =>
        wait.step('proxy', STEP_LIMITS.proxy, reason('proxy-silent', { proxy: shown, question }))
      await connectThroughSocks5(
        socket,
        { host: bareHost(endpoint.hostname), port: endpointPort(endpoint), credentials, shown, asking },
        wait.signal,
      )
      return socket
    } catch (thrown) {
      socket.destroy()
      throw thrown
    }
  }

  async #toProxy({ kind, port, shown, url }: ProxyServer, wait: DialWait): Promise<Socket> {
    const { signal, step } = wait
    const cannot = (code: 'proxy-unusable' | 'proxy-tls') => (thrown: unknown) => {
      if (signal.aborted || isTransportError(thrown)) throw thrown
      throw failure(code, { proxy: shown, why: meaningOf(thrown).text }).by(thrown)
    }
    const notAccepted = reason('proxy-connect-silent', { proxy: shown })
    const socket = await this.#direct({ url, port, notAccepted }, wait).catch(cannot('proxy-unusable'))
    if (kind !== 'https') return socket
    step('tls', STEP_LIMITS.tls, reason('proxy-tls-silent', { proxy: shown }))
    return this.#proxyTls.secure(socket, bareHost(url.hostname), signal).catch(cannot('proxy-tls'))
  }
}

/** How a message begins about what a server did not do once there was a connection. */
function connected(proxy: ProxyServer | undefined): string {
  if (proxy === undefined) return 'the server accepted the connection and'
  return `the proxy ${proxy.shown} connected to the server, which`
}
