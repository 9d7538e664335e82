import type { DependencyContainer } from 'tsyringe'
import type { PeerConfig } from '../core/api/config.js'
import {
  asError,
  ConfigError,
  isConfigError,
  isPluginError,
  isPluginFault,
  PluginError,
} from '../core/api/errors.js'
import type { CarrierTraits, Transport } from '../core/api/transport.js'
import { CLOCK } from '../core/injection/tokens.js'
import type { Probe } from '../core/portal/portal-watch.js'
import { parseProbe } from '../core/portal/probe-url.js'
import { proxyFor } from '../core/proxy/choose-proxy.js'
import type { PacPlace } from '../core/proxy/pac-place.js'
import type { ProxyServer } from '../core/proxy/proxy-url.js'
import type { TunnelTransports } from '../core/settings/transport-settings.js'
import type { Clock } from '../core/time/clock.js'
import { carrierPartsOf } from '../transports/shared/carrier-parts.js'
import {
  exchanged,
  isRenewable,
  type Renewal,
  renewalOfAll,
  together,
} from '../transports/shared/renewable.js'
import type { LoadedPart } from './plugins/loaded-part.js'
import { configureCarriers } from './plugins/plugin-helpers.js'
import { listPlugins, transportForScheme } from './plugins/plugins.js'

/** The transports of one tunnel: one of each kind that it uses. */
export class TransportSet {
  readonly #container: DependencyContainer
  #settings: TunnelTransports
  readonly #signal: AbortSignal
  /** By the names of the parts. */
  readonly #made = new Map<string, Transport>()
  /** Why there is no transport, by protocol. */
  readonly #missing = new Map<string, Error>()

  /** @param signal aborted when the tunnel is over */
  constructor(container: DependencyContainer, settings: TunnelTransports, signal: AbortSignal) {
    this.#container = container
    this.#settings = settings
    configureCarriers(container, settings)
    this.#signal = signal
  }

  /** From now on transports have other settings; those that were made go on until nobody uses them. */
  renew(settings: TunnelTransports): void {
    this.#settings = settings
    configureCarriers(this.#container, settings)
    this.#made.clear()
    this.#missing.clear()
  }

  /**
   * Gets the transports ready for other settings, which count for what they open from then on.
   *
   * @throws ConfigError if they cannot be used, or a plugin's transport has those of before for good; then nothing changes.
   */
  async renewal(settings: TunnelTransports): Promise<Renewal> {
    const before = this.#settings
    const own = exchanged(before, settings, (ones) => {
      this.#settings = ones
      configureCarriers(this.#container, ones)
    })
    const made = [...this.#made]
    for (const [name, transport] of made)
      if (!isRenewable(transport)) this.#checkStays(name, before, settings)
    const renewable = made.map(([, transport]) => transport).filter(isRenewable)
    return together([own, await renewalOfAll(renewable, settings)])
  }

  /** @throws ConfigError if a plugin's transport was made with settings that differ. */
  #checkStays(name: string, before: TunnelTransports, after: TunnelTransports): void {
    const { part, plugin } = listPlugins(this.#container, 'transport').find((part) => part.name === name)!
    const differs = (one: unknown, other: unknown) => JSON.stringify(one) !== JSON.stringify(other)
    const group = part.groups?.find((group) => differs(before.groups?.[group], after.groups?.[group]))
    const isProxied = part.proxied === true && differs(before.proxy?.url, after.proxy?.url)
    if (group === undefined && !isProxied) return
    const what = group === undefined ? 'other proxy' : `other [${group}]`
    const why = `the plugin '${plugin}' takes no ${what} while it runs; restart it`
    throw new ConfigError(`Cannot change the tunnel while it runs: ${why}`, { code: 'ERR_CONFIG_VALUE' })
  }

  /** Has logins at proxies tried again that were refused. */
  retryLogins(): void {
    carrierPartsOf(this.#container).retryLogins()
  }

  /** The proxies before an endpoint that ask for a login, as far as that is known. */
  logins(endpoint: URL): readonly string[] {
    if (this.#missing.has(endpoint.protocol)) return []
    const carriers = carrierPartsOf(this.#container)
    const traits = (protocol: string) => this.#partFor(protocol).part
    try {
      const { pac, proxies = [] } = proxyFor(endpoint, this.#settings.proxy, traits) ?? {}
      // A PAC file may name any of those that it has logins for.
      return [...proxies, ...(pac?.logins ?? [])]
        .filter((proxy) => carriers.asksForLogin(proxy))
        .map(({ shown }) => shown)
    } catch {
      return [] // the dial complains of a proxy that cannot be used
    }
  }

  /** Has PAC files fetched and asked anew when somebody dials. */
  forgetProxies(): void {
    carrierPartsOf(this.#container).forgetProxies()
  }

  /** What is asked whether a login page is in the way, as all that is dialled leaves the host; undefined if nothing is. */
  get probe(): Probe | undefined {
    const probe = parseProbe(this.#settings.portalProbe ?? '')
    if (probe === undefined) return undefined
    const ask = async (signal: AbortSignal) => {
      const [{ askProbe }, egress] = await Promise.all([
        import('../transports/dialing/ask-probe.js'),
        carrierPartsOf(this.#container).egress(),
      ])
      return askProbe(probe, { clock: this.#container.resolve<Clock>(CLOCK), egress }, signal)
    }
    return { url: probe.url, ask }
  }

  /** By which proxy an endpoint was dialled last, as its PAC file says, or by none; undefined if it was not dialled yet. */
  triedBy(pac: PacPlace, endpoint: URL): { readonly way: ProxyServer | undefined } | undefined {
    return carrierPartsOf(this.#container).pacFiles?.tried(pac, endpoint)
  }

  /** Transports of that plugin, which nobody uses, are made anew. */
  forget(plugin: string): void {
    this.#missing.clear()
    for (const part of listPlugins(this.#container, 'transport')) {
      if (part.plugin === plugin) this.#made.delete(part.name)
    }
  }

  /**
   * Makes the transports that serve the schemes of these endpoints, if there are none yet.
   *
   * @throws PluginError if one cannot be had.
   */
  async serve(endpoints: readonly URL[]): Promise<void> {
    for (const protocol of new Set(endpoints.map((endpoint) => endpoint.protocol))) {
      const part = this.#partFor(protocol)
      if (this.#made.has(part.name)) continue
      this.#made.set(part.name, await this.#make(part))
    }
  }

  /**
   * The same, but what cannot be had is remembered, for those who dial it. Returns why each of the endpoints cannot be
   * dialled; undefined for one that can.
   */
  async serveAll(endpoints: readonly URL[]): Promise<(Error | undefined)[]> {
    for (const endpoint of endpoints) {
      const { protocol } = endpoint
      if (this.#missing.has(protocol)) continue
      await this.serve([endpoint]).catch((thrown) => this.#missing.set(protocol, asError(thrown)))
    }
    return endpoints.map(({ protocol }) => this.#missing.get(protocol))
  }

  /**
   * Makes the transports that peers are dialled by.
   *
   * @throws QanatError if no endpoint of any peer can ever be dialled, and no peer may call.
   */
  async servePeers(peers: readonly PeerConfig[]): Promise<void> {
    const failures = await this.serveAll(peers.flatMap(({ endpoints }) => endpoints))
    const [first] = failures
    const mayCall = peers.some(({ endpoints }) => endpoints.length === 0)
    if (first !== undefined && !mayCall && !failures.includes(undefined)) throw first
  }

  /** How carriers of a protocol behave; nothing is known of one that cannot be had. */
  traits(protocol: string): CarrierTraits {
    if (this.#missing.has(protocol)) return {}
    const { part } = this.#partFor(protocol)
    const { kind = part.kind, idleProbe = part.idleProbe } = this.get(protocol)
    return { ...(kind !== undefined && { kind }), ...(idleProbe !== undefined && { idleProbe }) }
  }

  /**
   * The transport of a protocol, such as `udp:`, that the set serves.
   *
   * @throws ConfigError or PluginError if it could not be had.
   */
  get(protocol: string): Transport {
    const missing = this.#missing.get(protocol)
    if (missing !== undefined) throw ofConfiguration(protocol, missing)
    return this.#made.get(this.#partFor(protocol).name)!
  }

  async #make(part: LoadedPart<'transport'>): Promise<Transport> {
    const { portalProbe: _ofTheTunnel, ...settings } = this.#settings
    const made = await part.make(settings, this.#signal)
    if (!part.isGuarded) return made
    const { GuardedTransport } = await import('./faults/guarded-transport.js')
    const { faults } = part
    faults.checkMade('create', 'transport', made)
    return new GuardedTransport(made, faults)
  }

  #partFor(protocol: string): LoadedPart<'transport'> {
    return transportForScheme(this.#container, protocol)
  }
}

/** Whatever keeps a transport from being made lasts as long as the configuration. */
function ofConfiguration(protocol: string, error: Error): Error {
  if (isConfigError(error) || isPluginError(error) || isPluginFault(error)) return error
  const message = `Cannot make the transport of ${protocol}//: ${error.message}`
  return new PluginError(message, { code: 'ERR_PLUGIN_INVALID', cause: error })
}
