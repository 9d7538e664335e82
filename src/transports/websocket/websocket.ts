import type { Socket } from 'node:net'
import { redact } from '../../core/api/redact.js'
import type { DialWait, Link, LinkHandlers, Listener } from '../../core/api/transport.js'
import { sourceBytes } from '../../core/ip/source-address.js'
import { reason } from '../../core/reasons/reason.js'
import type { OptionGroups } from '../../core/settings/option-groups.js'
import { STEP_LIMITS } from '../../core/settings/step-limits.js'
import type { TransportSettings } from '../../core/settings/transport-settings.js'
import { Dialer } from '../dialing/dialer.js'
import { checkedHeaders } from '../http/checked-headers.js'
import { dialError } from '../net/dial-error.js'
import { exchanged, type Renewable, type Renewal, together } from '../shared/renewable.js'
import type { StreamParts } from '../streams/stream-parts.js'
import { carrierOf } from '../tls/taps.js'
import type { HttpFallback } from './http-fallback.js'
import { MessageSizes, sizesAfter, tellingSize } from './message-sizes.js'
import { openWebSocketLink } from './open-websocket-link.js'
import { CookieJar } from './requests/cookie-jar.js'
import { upgrade } from './upgrade.js'
import { WebSocketListener } from './websocket-listener.js'

/** Datagrams over WebSockets, each a binary message, directly or through proxies: where only web traffic passes. */
export class WebSocketTransport implements Renewable {
  #settings: TransportSettings & OptionGroups
  readonly #shared: StreamParts
  #dialer: Dialer
  readonly #listeners = new Set<WebSocketListener>()
  #headers: Readonly<Record<string, string>>
  readonly #cookies: CookieJar
  #sizes: MessageSizes
  /** Present once posts were tried where no WebSocket passed. */
  #fallback: HttpFallback | undefined

  /** @throws ConfigError if a header, a certificate, a key or the pin cannot be used. */
  constructor(settings: TransportSettings & OptionGroups, shared: StreamParts) {
    this.#settings = settings
    this.#shared = shared
    this.#dialer = new Dialer(settings, shared)
    this.#headers = checkedHeaders(settings.websocket)
    this.#cookies = new CookieJar(() => shared.clock.wall())
    this.#sizes = new MessageSizes(shared, settings.websocket?.maxMessage)
  }

  async renewal({ groups, ...others }: TransportSettings): Promise<Renewal> {
    const settings = { ...others, ...groups }
    const next = {
      settings,
      dialer: new Dialer(settings, this.#shared),
      headers: checkedHeaders(settings.websocket),
      sizes: sizesAfter(this.#sizes, this.#settings, settings, this.#shared),
    }
    const before = {
      settings: this.#settings,
      dialer: this.#dialer,
      headers: this.#headers,
      sizes: this.#sizes,
    }
    const own = exchanged(before, next, ({ dialer, headers, settings, sizes }) => {
      this.#settings = settings
      this.#dialer = dialer
      this.#headers = headers
      this.#sizes = sizes
      this.#fallback?.renew(settings)
    })
    const listeners: Renewal[] = []
    try {
      for (const listener of this.#listeners) listeners.push(await listener.renewal(settings))
    } catch (thrown) {
      together(listeners).undo()
      throw thrown
    }
    return together([own, ...listeners])
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
    const listener = await WebSocketListener.open(endpoint, handlers, this.#settings, this.#shared, gone)
    this.#listeners.add(listener)
    return listener
  }

  async #dial(endpoint: URL, handlers: LinkHandlers, wait: DialWait): Promise<Link> {
    const socket = await this.#dialer.open(endpoint, wait)
    try {
      return await this.#upgrade(socket, endpoint, handlers, wait)
    } catch (thrown) {
      socket.destroy()
      throw thrown
    }
  }

  get #fallsBack(): boolean {
    return this.#settings.websocket?.httpFallback === true
  }

  async #loadFallback(): Promise<HttpFallback> {
    const { HttpFallback } = await import('./http-fallback.js')
    this.#fallback ??= new HttpFallback(this.#settings, this.#shared)
    return this.#fallback
  }

  #upgrade(socket: Socket, endpoint: URL, handlers: LinkHandlers, wait: DialWait): Promise<Link> {
    const shared = this.#shared
    const remote = redact(endpoint)
    const source = sourceBytes(carrierOf(socket).remoteAddress)
    const late = reason('upgrade-silent', { who: this.#dialer.reached(endpoint) })
    wait.step('upgrade', STEP_LIMITS.upgrade, late)
    const size = this.#sizes.to(remote)
    const watch = this.#sizes.watch(remote, size, true)
    return upgrade(
      socket,
      tellingSize(endpoint, size),
      { headers: this.#headers, cookies: this.#cookies },
      (webSocket) => {
        wait.note?.(() => ({ answer: '101 Switching Protocols' }))
        return openWebSocketLink({
          webSocket,
          socket,
          remote,
          source,
          handlers,
          shared,
          maxDatagram: size,
          watch,
        })
      },
      wait.signal,
    )
  }
}
