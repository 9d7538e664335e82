import type { PeerId } from '../api/cipher.js'
import { asError } from '../api/errors.js'
import type { Logger } from '../api/logger.js'
import { textOf } from '../ip/ip-network.js'
import { type ClientSettings, NO_SETTINGS, sameSettings } from '../settings/client-settings.js'
import { type HostNetworks, NO_NETWORKS } from './host-networks.js'
import { permittedSettings, type SettingsPermission } from './permitted-settings.js'

/** Addresses of carriers that are remembered: more than endpoints have, and the newest. */
const MOST_CARRIERS = 256

/** Where settings take effect. */
export interface SettingsTarget {
  /** Puts these settings in force, and takes back those of before that are not among them. */
  apply(settings: ClientSettings): Promise<void>
}

/** One peer that may push settings to this end. */
interface PushingPeer {
  readonly permission: SettingsPermission
  settings: ClientSettings
  /** What was refused of its settings last, so that nothing is told twice. */
  told: readonly string[]
}

/** Keeps what peers pushed to this end, and keeps in force what the own file permits of it: the latest, a step at a time. */
export class PushedSettings {
  readonly #target: SettingsTarget
  readonly #log: Logger
  readonly #pushingPeers = new Map<PeerId, PushingPeer>()
  /** Addresses by which peers are reached, by their bytes. */
  readonly #carriers = new Map<string, Uint8Array>()
  #host = NO_NETWORKS
  #inForce: ClientSettings = NO_SETTINGS
  #wanted: ClientSettings = NO_SETTINGS
  #applying: Promise<void> | undefined
  #stopped = false

  constructor(target: SettingsTarget, log: Logger) {
    this.#target = target
    this.#log = log
  }

  /** What a peer may decide from now on; undefined if nothing, and what it pushed is withdrawn. */
  permit(peer: PeerId, permission: SettingsPermission | undefined): void {
    if (permission === undefined) this.#pushingPeers.delete(peer)
    else {
      const settings = this.#pushingPeers.get(peer)?.settings ?? NO_SETTINGS
      this.#pushingPeers.set(peer, { permission, settings, told: [] })
    }
    this.#update()
  }

  /** A peer pushed settings, in place of those of before. */
  pushed(peer: PeerId, settings: ClientSettings): void {
    const pushing = this.#pushingPeers.get(peer)
    if (pushing === undefined || this.#stopped) return
    pushing.settings = settings
    this.#update()
  }

  /** Peers are reached by this address: no route may lead it into the tunnel. */
  carriedBy(address: Uint8Array): void {
    if (address.length === 0) return
    const key = address.join('.')
    if (this.#carriers.has(key)) return
    const [oldest] = this.#carriers.keys()
    if (this.#carriers.size >= MOST_CARRIERS) this.#carriers.delete(oldest!)
    this.#carriers.set(key, Uint8Array.from(address))
    this.#update()
  }

  /** What the host is connected to from now on: what conflicts with it is withdrawn, what no longer does is applied. */
  besides(host: HostNetworks): void {
    // What was pushed may lead to the name servers that were pushed: the host asks them for that only.
    const pushed = new Set([...this.#inForce.nameServers, ...this.#wanted.nameServers])
    this.#host = { ...host, nameServers: host.nameServers.filter((server) => !pushed.has(textOf(server))) }
    this.#update()
  }

  /** Resolves once nothing is left to be put in force. */
  async settled(): Promise<void> {
    await this.#applying
  }

  /** Withdraws everything. Whatever is pushed afterwards is ignored. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#pushingPeers.clear()
    this.#update()
    await this.#applying
  }

  #update(): void {
    this.#wanted = this.#permitted()
    if (!sameSettings(this.#wanted, this.#inForce)) this.#applying ??= this.#apply()
  }

  async #apply(): Promise<void> {
    while (!sameSettings(this.#wanted, this.#inForce)) {
      const wanted = this.#wanted
      try {
        await this.#target.apply(wanted)
        if (sameSettings(wanted, NO_SETTINGS)) this.#log.info('settings of the server withdrawn')
        else this.#log.info('settings of the server applied', shown(wanted))
      } catch (thrown) {
        this.#log.warn('cannot apply settings of the server', { why: asError(thrown).message })
      }
      this.#inForce = wanted // what failed once is not tried for ever
    }
    this.#applying = undefined
  }

  /** What all peers pushed, as far as each may. */
  #permitted(): ClientSettings {
    const carriers = [...this.#carriers.values()]
    let all = NO_SETTINGS
    for (const [peer, pushing] of this.#pushingPeers) {
      const { settings, refused } = permittedSettings(
        pushing.settings,
        pushing.permission,
        carriers,
        this.#host,
      )
      this.#tell(peer, pushing, refused)
      all = both(all, settings)
    }
    return all
  }

  #tell(peer: PeerId, pushing: PushingPeer, refused: readonly string[]): void {
    for (const why of refused) {
      if (!pushing.told.includes(why)) this.#log.warn('setting of the server refused', { peer, why })
    }
    pushing.told = refused
  }
}

function both(a: ClientSettings, b: ClientSettings): ClientSettings {
  const joined = <Value>(one: readonly Value[], other: readonly Value[], keyOf: (value: Value) => string) => [
    ...new Map([...one, ...other].map((value) => [keyOf(value), value])).values(),
  ]
  const mtus = [a.mtu, b.mtu].filter((mtu) => mtu !== undefined)
  return {
    addresses: joined(a.addresses, b.addresses, ({ text }) => text),
    routes: joined(a.routes, b.routes, ({ text }) => text),
    nameServers: joined(a.nameServers, b.nameServers, (text) => text),
    searchDomains: joined(a.searchDomains, b.searchDomains, (text) => text),
    mtu: mtus.length === 0 ? undefined : Math.min(...mtus),
  }
}

/** For the log. */
function shown({ addresses, routes, nameServers, searchDomains, mtu }: ClientSettings) {
  return {
    addresses: addresses.map(({ text }) => text).join(' '),
    routes: routes.map(({ text }) => text).join(' '),
    dns: [...nameServers, ...searchDomains].join(' '),
    mtu: mtu ?? 'as configured',
  }
}
