import type { Socket } from 'node:net'
import { redact } from '../../core/api/redact.js'
import type { DialWait, Link, LinkHandlers } from '../../core/api/transport.js'
import { sourceBytes } from '../../core/ip/source-address.js'
import { failure, reason } from '../../core/reasons/reason.js'
import type { OptionGroups } from '../../core/settings/option-groups.js'
import { STEP_LIMITS } from '../../core/settings/step-limits.js'
import type { TransportSettings } from '../../core/settings/transport-settings.js'
import { Remembered } from '../../core/time/remembered.js'
import { Dialer } from '../dialing/dialer.js'
import { LateAnswer } from '../dialing/late-answer.js'
import { SECURE } from '../dialing/tls-client.js'
import { dialError } from '../net/dial-error.js'
import { within } from '../net/within.js'
import { exchanged, type Renewable, type Renewal } from '../shared/renewable.js'
import { StreamLink } from '../streams/stream-link.js'
import type { StreamParts } from '../streams/stream-parts.js'
import { CookieJar } from '../websocket/requests/cookie-jar.js'
import { checkedHeaders } from './checked-headers.js'
import { HttpClient } from './http-client.js'
import { Requests } from './requests.js'

/** Milliseconds that an endpoint is not offered HTTP/2 after that did not serve, and endpoints of which it is known. */
const UNFIT = { kept: 600_000, most: 64 }

/** Opens links over posts and their answers. */
export class PostDialer implements Pick<Renewable, 'dial' | 'renewal'> {
  readonly #shared: StreamParts
  readonly #native: StreamParts['native']
  #dialer: Dialer
  #headers: Readonly<Record<string, string>>
  readonly #cookies: CookieJar
  /** Endpoints on whose way answers are held back until they end. As many as the configuration has. */
  readonly #polls = new Set<string>()
  /** Endpoints that chose HTTP/2, which does not serve there. */
  readonly #unfit: Remembered<true>

  /** @throws ConfigError if a header, a certificate, a key or the pin cannot be used. */
  constructor(settings: TransportSettings & OptionGroups, shared: StreamParts) {
    this.#native = shared.native
    // Node goes on with these connections: nothing of TLS is taken over.
    this.#shared = {
      ...shared,
      native: undefined,
      get sendQueue() {
        return shared.sendQueue // a reload may change it
      },
    }
    this.#dialer = new Dialer(settings, this.#shared)
    this.#headers = checkedHeaders(settings.websocket)
    this.#cookies = new CookieJar(() => shared.clock.wall())
    this.#unfit = new Remembered(shared.clock, UNFIT)
  }

  async renewal({ groups, ...others }: TransportSettings): Promise<Renewal> {
    const settings = { ...others, ...groups }
    const next = { dialer: new Dialer(settings, this.#shared), headers: checkedHeaders(settings.websocket) }
    const before = { dialer: this.#dialer, headers: this.#headers }
    return exchanged(before, next, ({ dialer, headers }) => {
      this.#dialer = dialer
      this.#headers = headers
    })
  }

  /**
   * Opens a link to an endpoint of `http://` or `https://`.
   *
   * @throws QanatError that says what went wrong.
   */
  async dial(endpoint: URL, handlers: LinkHandlers, wait: DialWait): Promise<Link> {
    try {
      return await this.#dial(endpoint, handlers, wait)
    } catch (thrown) {
      throw dialError(endpoint, thrown)
    }
  }

  async #dial(endpoint: URL, handlers: LinkHandlers, wait: DialWait): Promise<Link> {
    wait.signal.throwIfAborted()
    const { clock, sendQueue } = this.#shared
    let source: Uint8Array = new Uint8Array()
    let whyNotConnected: unknown
    const dialer = this.#dialer
    const open = async (signal: AbortSignal, http2: boolean): Promise<Socket> => {
      if (client.isOpen) return this.#connectAgain(endpoint, dialer, signal, http2)
      try {
        const socket = await dialer.open(endpoint, wait, http2)
        source = sourceBytes(socket.remoteAddress)
        const silent = reason('post-silent', { who: dialer.reached(endpoint) })
        const slow = reason('post-slow', { who: dialer.answering(endpoint) })
        wait.step('open', STEP_LIMITS.upgrade, new LateAnswer(silent, slow, () => requests.hasBegun))
        return socket
      } catch (thrown) {
        whyNotConnected = thrown
        throw thrown
      }
    }
    const proxy = dialer.asked(endpoint)
    const who = dialer.answering(endpoint)
    const requests: Requests = new Requests({
      ...{ endpoint, headers: this.#headers, cookies: this.#cookies, proxy, who, native: this.#native, open },
      http2: SECURE.has(endpoint.protocol) && this.#unfit.get(endpoint.href) === undefined,
      unfit: () => this.#unfit.note(endpoint.href, true),
    })
    const client: HttpClient = new HttpClient({
      requests,
      ...{ clock, who },
      polls: this.#polls.has(endpoint.href),
      learnt: (polls) => (polls ? this.#polls.add(endpoint.href) : this.#polls.delete(endpoint.href)),
    })
    const { stream } = client
    stream.on('error', () => {}) // the link tells it, and before there is one, who dials
    const opening = () => client.open(wait.signal)
    try {
      await (proxy?.server.credentials === undefined ? opening() : proxy.known.inTurn(wait.signal, opening))
    } catch (thrown) {
      stream.destroy()
      throw whyNotConnected ?? thrown
    }
    const shared = { clock, memory: client.memory, sendQueue }
    const trouble = () => client.trouble
    return new StreamLink({ stream, remote: redact(endpoint), source, handlers, shared, trouble })
  }

  /**
   * Another connection for a session that goes on, until the signal is aborted: by what it was opened by if its requests are made to a
   * proxy with its login, or to none, whatever was reloaded since; else by the certificates of now.
   */
  #connectAgain(endpoint: URL, before: Dialer, signal: AbortSignal, http2: boolean): Promise<Socket> {
    const dialer = endpoint.protocol === 'http:' ? before : this.#dialer
    const late = () => failure('connect-silent')
    return within({ clock: this.#shared.clock, limit: STEP_LIMITS.connect, signal, late }, (bounded) =>
      dialer.open(endpoint, { signal: bounded, step: () => {} }, http2),
    )
  }
}
