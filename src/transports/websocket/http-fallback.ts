import { redact } from '../../core/api/redact.js'
import type { DialWait, Link, LinkHandlers } from '../../core/api/transport.js'
import { codeOf } from '../../core/reasons/reason.js'
import type { OptionGroups } from '../../core/settings/option-groups.js'
import type { TransportSettings } from '../../core/settings/transport-settings.js'
import { Remembered } from '../../core/time/remembered.js'
import type { PostDialer } from '../http/post-dialer.js'
import type { StreamParts } from '../streams/stream-parts.js'

/** What comes of an upgrade that something on the way strips or refuses. */
const REFUSALS: ReadonlySet<string> = new Set([
  'upgrade-refused',
  'upgrade-closed',
  'upgrade-broken',
  'upgrade-silent',
  'upgrade-slow',
  'portal-redirect', // a web server may answer so to what lost its header Upgrade
  'portal-page',
])
/** Milliseconds after which a dial begins with a WebSocket again, and endpoints of which that is known. */
const REFUSED = { kept: 600_000, most: 1_024 }

/** Dials endpoints of WebSockets by posts if something on the way strips or refuses their upgrade. */
export class HttpFallback {
  #settings: TransportSettings & OptionGroups
  readonly #shared: StreamParts
  #dialer: Promise<PostDialer> | undefined
  /** Endpoints that refused a WebSocket, where posts are tried first since then. */
  readonly #refused: Remembered<true>

  /** @param settings What a transport was made with, which can be used therefore. */
  constructor(settings: TransportSettings & OptionGroups, shared: StreamParts) {
    this.#settings = settings
    this.#shared = shared
    this.#refused = new Remembered(shared.clock, REFUSED)
  }

  /** Goes by other settings, which a transport goes by as well. */
  renew(settings: TransportSettings & OptionGroups): void {
    this.#settings = settings
    this.#dialer = undefined
  }

  /** Whether a dial is to begin with posts for now. */
  isFirst(endpoint: URL): boolean {
    return this.#refused.get(endpoint.href) === true
  }

  /** Notes that a WebSocket was opened. */
  passed(endpoint: URL): void {
    if (!this.#refused.forget(endpoint.href)) return
    this.#shared.log.info('WebSockets pass again', { endpoint: redact(endpoint) })
  }

  /** Notes why no WebSocket was opened. Returns whether posts may pass nonetheless; the next dial begins with them then. */
  failed(endpoint: URL, error: Error): boolean {
    if (!REFUSALS.has(codeOf(error))) return false
    this.#refused.note(endpoint.href, true)
    return true
  }

  /**
   * Dials an endpoint of WebSockets by posts. If that fails, the next dial begins with a WebSocket.
   *
   * @param refused Why this dial opened no WebSocket, if it tried, which is told then: posts are only the way around it.
   * @throws QanatError that says what went wrong.
   */
  async dial(endpoint: URL, handlers: LinkHandlers, wait: DialWait, refused?: Error): Promise<Link> {
    const instead = new URL(endpoint)
    instead.protocol = endpoint.protocol === 'wss:' ? 'https:' : 'http:'
    this.#dialer ??= this.#load()
    try {
      const link = await (await this.#dialer).dial(instead, handlers, wait)
      if (refused !== undefined) {
        const facts = { endpoint: redact(endpoint), instead: redact(instead), why: refused.message }
        this.#shared.log.info('no WebSocket passes: going on by posts', facts)
      }
      return link
    } catch (thrown) {
      this.#refused.forget(endpoint.href)
      throw refused ?? thrown
    }
  }

  async #load(): Promise<PostDialer> {
    const { PostDialer } = await import('../http/post-dialer.js')
    return new PostDialer(this.#settings, this.#shared)
  }
}
