import type { Socket } from 'node:net'
import { redact } from '../../core/api/redact.js'
import type { DialWait, Link, LinkHandlers, Listener } from '../../core/api/transport.js'
import { sourceBytes } from '../../core/ip/source-address.js'
import { reason } from '../../core/reasons/reason.js'
import type { OptionGroups } from '../../core/settings/option-groups.js'
import { STEP_LIMITS } from '../../core/settings/step-limits.js'
import type { TransportSettings } from '../../core/settings/transport-settings.js'
import { Dialer } from '../dialing/dialer.js'
import { LateAnswer } from '../dialing/late-answer.js'
import { checkedHeaders } from '../http/checked-headers.js'
import { dialError } from '../net/dial-error.js'
import { exchanged, type Renewable, type Renewal, renewalOfAll, together } from '../shared/renewable.js'
import type { StreamParts } from '../streams/stream-parts.js'
import { carrierOf } from '../tls/handoff/taps.js'
import type { HttpFallback } from './http-fallback.js'
import { MessageSizes, sizesAfter, tellingSize } from './message-sizes.js'
import { openWebSocketLink } from './open-websocket-link.js'
import { CookieJar } from './requests/cookie-jar.js'
import { upgrade } from './upgrade.js'
import { WebSocketListener } from './websocket-listener.js'

/** What dials go by, which a reload may change. */
interface Ways {
  readonly settings: TransportSettings & OptionGroups
  readonly dialer: Dialer
  readonly headers: Readonly<Record<string, string>>
  readonly sizes: MessageSizes
}

/** Datagrams over WebSockets, each a binary message, directly or through proxies: where only web traffic passes. */
export class WebSocketTransport implements Renewable {
  readonly #shared: StreamParts
  #ways: Ways
  readonly #listeners = new Set<WebSocketListener>()
  readonly #cookies: CookieJar
  /** Present once posts were tried where no WebSocket passed. */
  #fallback: HttpFallback | undefined

  /** @throws ConfigError if a header, a certificate, a key or the pin cannot be used. */
  constructor(settings: TransportSettings & OptionGroups, shared: StreamParts) {
    this.#shared = shared
    this.#ways = this.#waysOf(settings, new MessageSizes(shared, settings.websocket?.maxMessage))
    this.#cookies = new CookieJar(() => shared.clock.wall())
  }

  async renewal({ groups, ...others }: TransportSettings): Promise<Renewal> {
    const settings = { ...others, ...groups }
    const before = this.#ways
    const sizes = sizesAfter(before.sizes, before.settings, settings, this.#shared)
    const own = exchanged(before, this.#waysOf(settings, sizes), (ways) => {
      this.#ways = ways
      this.#fallback?.renew(ways.settings)
    })
    return together([own, await renewalOfAll(this.#listeners, settings)])
  }

  async dial(endpoint: URL, handlers: LinkHandlers, wait: DialWait): Promise<Link> {
    if (this.#fallsBack && this.#fallback?.isFirst(endpoint))
      return this.#fallback.dial(endpoint, handlers, wait)
    try {
      const link = await this.#dial(endpoint, handlers, wait)
      this.#fallback?.passed(endpoint)
      return link
    } catch (thrown) {
      const error = dialError(endpoint, thrown)
      const fallback = this.#fallsBack ? await this.#loadFallback() : undefined
      if (fallback?.failed(endpoint, error) !== true || wait.signal.aborted) throw error
      return fallback.dial(endpoint, handlers, wait, error)
    }
  }

  async listen(endpoint: URL, handlers: LinkHandlers): Promise<Listener> {
    const gone = () => this.#listeners.delete(listener)
    const listener = await WebSocketListener.open(endpoint, handlers, this.#ways.settings, this.#shared, gone)
    this.#listeners.add(listener)
    return listener
  }

  async #dial(endpoint: URL, handlers: LinkHandlers, wait: DialWait): Promise<Link> {
    const ways = this.#ways
    const socket = await ways.dialer.open(endpoint, wait)
    try {
      return await this.#upgrade(ways, socket, endpoint, handlers, wait)
    } catch (thrown) {
      socket.destroy()
      throw thrown
    }
  }

  #waysOf(settings: TransportSettings & OptionGroups, sizes: MessageSizes): Ways {
    const dialer = new Dialer(settings, this.#shared)
    return { settings, dialer, headers: checkedHeaders(settings.websocket), sizes }
  }

  get #fallsBack(): boolean {
    return this.#ways.settings.websocket?.httpFallback === true
  }

  async #loadFallback(): Promise<HttpFallback> {
    const { HttpFallback } = await import('./http-fallback.js')
    this.#fallback ??= new HttpFallback(this.#ways.settings, this.#shared)
    return this.#fallback
  }

  #upgrade(
    { dialer, headers, sizes }: Ways,
    socket: Socket,
    endpoint: URL,
    handlers: LinkHandlers,
    wait: DialWait,
  ): Promise<Link> {
    const shared = this.#shared
    const remote = redact(endpoint)
    const source = sourceBytes(carrierOf(socket).remoteAddress)
    let hasBegun = false
    const begins = () => {
      hasBegun = true
    }
    const silent = reason('upgrade-silent', { who: dialer.reached(endpoint) })
    const slow = reason('upgrade-slow', { who: dialer.answering(endpoint) })
    wait.step('upgrade', STEP_LIMITS.upgrade, new LateAnswer(silent, slow, () => hasBegun))
    const size = sizes.to(remote)
    const watch = sizes.watch(remote, size, true)
    return upgrade(
      socket,
      tellingSize(endpoint, size),
      { begins, headers, cookies: this.#cookies },
      (webSocket) => {
        wait.note?.(() => ({ answer: '101 Switching Protocols' }))
        const parts = { webSocket, socket, remote, source, handlers, shared, dialled: endpoint }
        return openWebSocketLink({ ...parts, maxDatagram: size, maxIncoming: sizes.from(remote), watch })
      },
      wait.signal,
    )
  }
}
