import type { Socket } from 'node:net'
import { isTransportError, TransportError } from '../../core/api/errors.js'
import type { DialWait } from '../../core/api/transport.js'
import { bareHost } from '../../core/ip/bare-host.js'
import { chooseProxy, type ProxyChoice } from '../../core/proxy/choose-proxy.js'
import { namesPac } from '../../core/proxy/pac-place.js'
import type { ProxyServer } from '../../core/proxy/proxy-url.js'
import { codeOf, failure, reason } from '../../core/reasons/reason.js'
import { STEP_LIMITS } from '../../core/settings/step-limits.js'
import type { ProxySettings } from '../../core/settings/transport-settings.js'
import type { Clock } from '../../core/time/clock.js'
import { meaningOf } from '../net/dial-error.js'
import type { Egress } from '../net/egress.js'
import { endpointPort } from '../net/endpoint-port.js'
import type { OpenTo } from '../pac/fetch-pac.js'
import type { PacFiles } from '../pac/pac-files.js'
import { connectThroughHttp } from '../proxy/http-connect.js'
import type { KnownLogin } from '../proxy/known-login.js'
import type { ProxyLogins } from '../proxy/proxy-logins.js'
import { connectThroughSocks5, LOGIN, type Socks5Request } from '../proxy/socks5.js'
import { connect, type Remote } from './connect.js'
import { LateAnswer, moreThanSoFar } from './late-answer.js'
import { TlsClient } from './tls-client.js'
import { tlsFacts } from './tls-facts.js'

/** What dialling needs of what the links of a transport share. */
export interface DialParts {
  readonly clock: Clock
  /** Sets the options of a connected socket that Node cannot set. */
  readonly tune: (socket: Socket) => void
  /** How look-ups and connections leave this host. */
  readonly egress: Egress
  /** What is known of logins at proxies. */
  readonly proxyLogins: ProxyLogins
  /** What PAC files answered. */
  readonly pacFiles: PacFiles
  /** Present if links run on bare descriptors, so that TLS is taken over from Node once it is up. */
  readonly native: object | undefined
}

/** What `connectThroughSocks5` fails by if the proxy refuses the user and the password. */
const LOGIN_REFUSED = 'proxy-credentials'
/** By what it fails if the proxy closes the connection. */
const CLOSED = ['proxy-closed', 'proxy-closed-amid']

/** Connects to hosts: directly, or through proxies, each of which is reached through those before it. */
export class ThroughProxies {
  readonly #shared: DialParts
  readonly #settings: ProxySettings | undefined
  readonly #tls: TlsClient

  /** @throws ConfigError if the certificates of authorities cannot be read. */
  constructor(settings: ProxySettings | undefined, shared: DialParts) {
    this.#settings = settings
    this.#shared = shared
    this.#tls = new TlsClient({ ca: settings?.ca })
  }

  /**
   * The proxies before an endpoint, the nearest first; if a PAC file names them, the one that was tried last.
   *
   * @throws ConfigError if a proxy cannot be read.
   */
  before(endpoint: URL): readonly ProxyServer[] {
    const { pac, proxies } = this.#choice(endpoint)
    return pac === undefined ? proxies : asChain(this.#shared.pacFiles.tried(pac, endpoint)?.way)
  }

  /**
   * What comes of the proxies before an endpoint, or of the first way that works of those that a PAC file names.
   *
   * @throws what `open` does; Failure that says what is wrong with a PAC file; ConfigError if a proxy cannot be read.
   */
  async by<Value>(
    endpoint: URL,
    wait: DialWait,
    open: (proxies: readonly ProxyServer[], wait: DialWait) => Promise<Value>,
  ): Promise<Value> {
    const { pac, proxies } = this.#choice(endpoint)
    if (pac === undefined) return open(proxies, wait)
    const { egress, pacFiles } = this.#shared
    const file = await pacFiles.at(pac, this.#settings?.script ?? '', egress.resolve)
    return file.first(endpoint, this.#openTo, wait, (way, wait) => open(asChain(way), wait))
  }

  /** Whether a PAC file says which proxies there are, so that nobody knows them before. */
  get isByPac(): boolean {
    const { url } = this.#settings ?? {}
    return url !== undefined && namesPac(String(url))
  }

  #choice(endpoint: URL): ProxyChoice {
    return chooseProxy(endpoint, endpointPort(endpoint), this.#settings)
  }

  /** Directly, and by TLS for `https:`, whose certificate is checked as that of a proxy is. */
  readonly #openTo: OpenTo = async (url, signal) => {
    const remote = { url, port: endpointPort(url), notAccepted: reason('connect-silent') }
    const socket = await this.#direct(remote, { signal, step() {} }) // the whole of it is bounded by whoever asks
    return url.protocol === 'https:' ? this.#tls.secure(socket, bareHost(url.hostname), signal) : socket
  }

  /**
   * A connected socket that nobody reads yet.
   *
   * @throws Failure that says what went wrong, or as `Dialer.open` does.
   */
  async reach(proxies: readonly ProxyServer[], remote: Remote, wait: DialWait): Promise<Socket> {
    const proxy = proxies.at(-1)
    if (proxy === undefined) return this.#direct(remote, wait)
    const known = this.#shared.proxyLogins.at(proxy)
    const connect = () => this.#through(proxies, proxy, known, remote, wait)
    if (proxy.credentials === undefined) return connect()
    if (known.isBusy) wait.step('proxy', STEP_LIMITS.proxy, reason('proxy-busy', { proxy: proxy.shown }))
    return known.inTurn(wait.signal, connect)
  }

  async #direct(remote: Remote, wait: DialWait): Promise<Socket> {
    const { clock, tune, egress } = this.#shared
    const socket = await connect(remote, egress, clock, wait)
    tune(socket)
    return socket
  }

  #through(
    proxies: readonly ProxyServer[],
    proxy: ProxyServer,
    known: KnownLogin,
    { port, url }: Remote,
    wait: DialWait,
  ): Promise<Socket> {
    const open = () => this.toProxy(proxies, proxy, wait)
    const { credentials, shown } = proxy
    const asking = (question: string, hasBegun: () => boolean) => {
      const values = { proxy: shown, question }
      const late = new LateAnswer(reason('proxy-silent', values), reason('proxy-slow', values), hasBegun)
      wait.step('proxy', STEP_LIMITS.proxy, late)
      wait.note?.(() => ({ proxy: shown, question }))
    }
    const answered = (words: () => string) => wait.note?.(() => ({ answer: words() }))
    if (proxy.kind === 'socks5') {
      const request = { host: bareHost(url.hostname), port, credentials, shown, asking }
      return this.#socks5(open, request, known, wait.signal)
    }
    const { auth = 'any', headers = {} } = this.#settings ?? {}
    // A PAC file may name anybody: who is not named with a login in the configuration gets no header that may be one.
    const isStranger = this.isByPac && credentials === undefined
    const target = `${url.hostname}:${port}`
    const tunnel = {
      open,
      asking,
      answered,
      proxy,
      target,
      auth,
      headers: isStranger ? {} : headers,
      known,
      clock: this.#shared.clock,
    }
    return connectThroughHttp(tunnel, wait.signal)
  }

  async #socks5(
    open: () => Promise<Socket>,
    request: Socks5Request,
    known: KnownLogin,
    signal: AbortSignal,
  ): Promise<Socket> {
    for (;;) {
      if (known.isRefused) throw failure('proxy-credentials-before', { proxy: request.shown })
      const socket = await open()
      let asked = ''
      const asking: Socks5Request['asking'] = (question, hasBegun) => {
        asked = question
        request.asking(question, hasBegun)
      }
      try {
        const scheme = (await connectThroughSocks5(socket, { ...request, asking }, signal)) ? 'basic' : 'none'
        known.took({ scheme })
        return socket
      } catch (thrown) {
        socket.destroy()
        if (codeOf(thrown) === LOGIN_REFUSED && known.refused()) continue
        if (CLOSED.includes(codeOf(thrown)) && asked === LOGIN) known.closed()
        throw thrown
      }
    }
  }

  /** A connected socket to a proxy, reached through those before it; `proxies` ends with it. Throws as `reach` does. */
  async toProxy(proxies: readonly ProxyServer[], proxy: ProxyServer, wait: DialWait): Promise<Socket> {
    const { note, signal, step } = wait
    const { kind, port, shown, url } = proxy
    const before = proxies.slice(0, -1)
    const cannot = (code: 'proxy-unusable' | 'proxy-tls') => (thrown: unknown) => {
      if (signal.aborted) throw thrown
      if (isTransportError(thrown)) throw ofProxy(thrown, shown)
      throw failure(code, { proxy: shown, why: meaningOf(thrown).text }).by(thrown)
    }
    const notAccepted = reason('proxy-connect-silent', { proxy: shown })
    const reaching = this.reach(before, { url, port, whose: ', the host of the proxy,', notAccepted }, wait)
    // What a proxy before it says names that one.
    const socket = await (before.length > 0 ? reaching : reaching.catch(cannot('proxy-unusable')))
    if (kind !== 'https') return socket
    const silent = reason('proxy-tls-silent', { proxy: shown })
    const hasBegun = moreThanSoFar(socket)
    step('tls', STEP_LIMITS.tls, new LateAnswer(silent, reason('proxy-tls-slow', { proxy: shown }), hasBegun))
    const secured = await this.#tls.secure(socket, bareHost(url.hostname), signal).catch(cannot('proxy-tls'))
    note?.(() => tlsFacts(secured))
    return secured
  }
}

/** The same error, of a proxy: its host is not known, or is not told. */
function ofProxy(error: TransportError, shown: string): TransportError {
  const { code } = error
  return new TransportError(`Cannot reach the proxy ${shown}: ${error.message}`, {
    ...{ code, reason: codeOf(error), cause: error },
  })
}

/** A way of a PAC file, which names no chains. */
function asChain(way: ProxyServer | undefined): readonly ProxyServer[] {
  return way === undefined ? [] : [way]
}
