import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { asError, isConfigError, isTransportError } from '../../core/api/errors.js'
import { bareHost } from '../../core/ip/bare-host.js'
import type { OptionGroups } from '../../core/settings/option-groups.js'
import type { ProxySettings, TransportSettings } from '../../core/settings/transport-settings.js'
import type { Clock } from '../../core/time/clock.js'
import { meaningOf } from '../net/dial-error.js'
import type { Egress } from '../net/egress.js'
import { endpointPort } from '../net/endpoint-port.js'
import { within } from '../net/within.js'
import { chooseProxy, type ProxyServer } from '../proxy/choose-proxy.js'
import { connectThroughHttp } from '../proxy/http-connect.js'
import { connectThroughSocks5 } from '../proxy/socks5.js'
import { connect } from './connect.js'
import { TlsClient } from './tls-client.js'

/** Milliseconds that each step of dialling may take: connecting, the proxy's answers, the TLS handshake. */
export const STEP_LIMIT = 10_000

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

/** Opens what carries a stream to an endpoint: TCP, through a proxy if one is named, and TLS for `wss://`. */
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
   *   none; TransportError ERR_HOST_UNKNOWN or ERR_NAME_SERVER, for the proxy's name as well.
   */
  async open(endpoint: URL, signal: AbortSignal): Promise<Socket> {
    const proxy = chooseProxy(endpoint, this.#proxy)
    const socket = proxy
      ? await this.#through(proxy, endpoint, signal)
      : await this.#direct(endpoint, endpointPort(endpoint), signal)
    try {
      if (endpoint.protocol === 'tcp:') return socket
      // An HTTP or TLS server does not speak first, so it is the proxy that said this.
      if (socket.readableLength > 0)
        throw new Error(`the proxy ${proxy?.shown} sent unexpected bytes after its answer`)
      if (endpoint.protocol !== 'wss:') return socket
      return await this.#bounded(signal, 'the TLS handshake did not finish', (inner) =>
        this.#tls.secure(socket, bareHost(endpoint.hostname), inner, this.#handsOff(socket)),
      )
    } catch (thrown) {
      socket.destroy()
      throw thrown
    }
  }

  /** Whether TLS over this is taken over from Node later; not if it runs over a proxy's TLS. */
  #handsOff(socket: Socket): boolean {
    return this.#shared.native !== undefined && !(socket instanceof TLSSocket)
  }

  async #direct(url: URL, port: number, signal: AbortSignal): Promise<Socket> {
    const { clock, tune, egress } = this.#shared
    const socket = await this.#bounded(signal, 'the remote did not answer', (inner) =>
      connect(url, port, egress, clock, inner),
    )
    tune(socket)
    return socket
  }

  async #through(proxy: ProxyServer, endpoint: URL, signal: AbortSignal): Promise<Socket> {
    try {
      return await this.#bounded(signal, 'did not answer', (inner) =>
        proxy.kind === 'socks5' ? this.#socks5(proxy, endpoint, inner) : this.#http(proxy, endpoint, inner),
      )
    } catch (thrown) {
      if (signal.aborted || isTransportError(thrown) || isConfigError(thrown)) throw thrown
      throw new Error(`the proxy ${proxy.shown} ${asError(thrown).message}`, { cause: thrown })
    }
  }

  #http(proxy: ProxyServer, endpoint: URL, signal: AbortSignal): Promise<Socket> {
    const { credentials, url } = proxy
    const target = `${endpoint.hostname}:${endpointPort(endpoint)}`
    return connectThroughHttp(
      { open: (inner) => this.#toProxy(proxy, inner), credentials, proxy: url, target },
      signal,
    )
  }

  async #socks5(proxy: ProxyServer, endpoint: URL, signal: AbortSignal): Promise<Socket> {
    const socket = await this.#toProxy(proxy, signal)
    try {
      const { credentials } = proxy
      await connectThroughSocks5(
        socket,
        { host: bareHost(endpoint.hostname), port: endpointPort(endpoint), credentials },
        signal,
      )
      return socket
    } catch (thrown) {
      socket.destroy()
      throw thrown
    }
  }

  async #toProxy({ kind, url, port }: ProxyServer, signal: AbortSignal): Promise<Socket> {
    try {
      const socket = await this.#direct(url, port, signal)
      return kind === 'https' ? await this.#proxyTls.secure(socket, bareHost(url.hostname), signal) : socket
    } catch (thrown) {
      if (signal.aborted || isTransportError(thrown)) throw thrown
      throw new Error(`cannot be used: ${meaningOf(thrown)}`, { cause: thrown })
    }
  }

  #bounded<Value>(
    signal: AbortSignal,
    what: string,
    work: (signal: AbortSignal) => Promise<Value>,
  ): Promise<Value> {
    const late = () => new Error(`${what} within ${STEP_LIMIT / 1000} s`)
    return within({ clock: this.#shared.clock, limit: STEP_LIMIT, signal, late }, work)
  }
}
