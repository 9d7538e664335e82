import type { Logger } from '../../core/api/logger.js'
import type { Container } from '../../core/injection/container.js'
import { CLOCK, LOGGER } from '../../core/injection/tokens.js'
import type { ProxyServer } from '../../core/proxy/proxy-url.js'
import type { StreamSettings } from '../../core/settings/option-groups.js'
import type { Clock } from '../../core/time/clock.js'
import type { EgressSettings } from '../dialing/choose-egress.js'
import type { Egress } from '../net/egress.js'
import type { PacFiles } from '../pac/pac-files.js'
import type { ProxyLogins } from '../proxy/proxy-logins.js'
import type { StreamParts } from '../streams/stream-parts.js'
import { UnauthenticatedLinks, unauthenticatedLimits } from '../streams/unauthenticated-links.js'

/** Token of the app's one {@link CarrierParts}. */
const CARRIER_PARTS = Symbol('qanat/carrier-parts')

/** What carriers depend on beyond their transport's own settings. */
export interface CarrierSettings extends EgressSettings {
  readonly streamLimits?: StreamSettings | undefined
}

/**
 * What all that carries an app's datagrams shares, of built-in transports and of plugins: the way out, which remembers whom
 * the host asked for names before a tunnel changed that, and the bounds of connections. Each is made for the first that
 * asks for it.
 */
export class CarrierParts {
  readonly #clock: Clock
  readonly #log: Logger
  #settings: CarrierSettings = {}
  #egress: Promise<Egress> | undefined
  #streams: Promise<StreamParts> | undefined
  #proxyLogins: ProxyLogins | undefined
  #pacFiles: PacFiles | undefined
  #unauthenticatedLinks: UnauthenticatedLinks | undefined

  constructor(clock: Clock, log: Logger) {
    this.#clock = clock
    this.#log = log
  }

  /** What counts for all of them. */
  get settings(): CarrierSettings {
    return this.#settings
  }

  /** What was made for another mark is left to those that have it. */
  set settings(settings: CarrierSettings) {
    if ((settings.mark ?? 0) !== (this.#settings.mark ?? 0)) {
      this.#egress = undefined
      this.#streams = undefined
    }
    this.#settings = settings
    this.#unauthenticatedLinks?.bound(unauthenticatedLimits(settings.streamLimits))
  }

  /** How look-ups and connections leave this host. Rejects with a QanatError ERR_NATIVE if nothing can be marked. */
  egress(): Promise<Egress> {
    const settings = this.#settings
    this.#egress ??= import('../dialing/choose-egress.js').then(({ chooseEgress }) =>
      chooseEgress(settings, this.#clock),
    )
    return this.#egress
  }

  /** What links over connections share. Rejects as `egress` does. */
  streams(): Promise<StreamParts> {
    this.#streams ??= this.#makeStreams()
    return this.#streams
  }

  /** Has logins at proxies tried again that were refused. */
  retryLogins(): void {
    this.#proxyLogins?.forgive()
  }

  /** Whether a proxy asks for a login, as far as that is known. */
  asksForLogin(proxy: ProxyServer): boolean {
    return this.#proxyLogins?.asks(proxy) ?? proxy.credentials !== undefined
  }

  /** Has PAC files fetched and asked anew. */
  forgetProxies(): void {
    this.#pacFiles?.forget()
  }

  /** What PAC files said of how to dial; undefined as long as nothing was dialled. */
  get pacFiles(): PacFiles | undefined {
    return this.#pacFiles
  }

  /** Those that proved nothing, of all transports together. */
  unauthenticatedLinks(): UnauthenticatedLinks {
    this.#unauthenticatedLinks ??= new UnauthenticatedLinks(
      this.#clock,
      unauthenticatedLimits(this.#settings.streamLimits),
    )
    return this.#unauthenticatedLinks
  }

  async #makeStreams(): Promise<StreamParts> {
    const [{ makeStreamParts }, { PacFiles }, { ProxyLogins }, egress] = await Promise.all([
      import('../streams/stream-parts.js'),
      import('../pac/pac-files.js'),
      import('../proxy/proxy-logins.js'),
      this.egress(),
    ])
    this.#proxyLogins ??= new ProxyLogins(this.#clock)
    this.#pacFiles ??= new PacFiles(this.#clock)
    const [proxyLogins, pacFiles] = [this.#proxyLogins, this.#pacFiles]
    const unauthenticatedLinks = this.unauthenticatedLinks()
    const own = { clock: this.#clock, log: this.#log, streamLimits: () => this.#settings.streamLimits }
    return makeStreamParts({ ...own, unauthenticatedLinks, egress, proxyLogins, pacFiles })
  }
}

/** The carrier parts of an app, by its container or that of a plugin within it. */
export function carrierPartsOf(container: Container): CarrierParts {
  if (!container.isRegistered(CARRIER_PARTS, true)) shareCarrierParts(container)
  return container.resolve(CARRIER_PARTS)
}

/** Gives an app carrier parts, unless it has them: for its plugins together. */
export function shareCarrierParts(app: Container): void {
  if (app.isRegistered(CARRIER_PARTS)) return
  const useValue = new CarrierParts(app.resolve(CLOCK), app.resolve(LOGGER))
  app.register(CARRIER_PARTS, { useValue })
}
