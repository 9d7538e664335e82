import { liesWithin } from '../../core/ip/ip-network.js'
import type { IpPrefix } from '../../core/ip/ip-prefix.js'
import { prefixKey } from '../../core/ip/prefix-bits.js'
import type { HostAddress } from '../../native/netlink/address.js'
import type { HostLink } from '../../native/netlink/link.js'
import { OUR_PROTOCOL } from '../../native/netlink/ownership.js'
import {
  copyOf,
  defaultRoute,
  identityOf,
  isThrow,
  LAST_METRIC,
  type Route,
  throwRoute,
  unreachableRoute,
} from '../../native/netlink/route.js'
import type { RouteNetlink } from '../../native/netlink/route-netlink.js'
import { ipv6Off } from '../kernel/ipv6-off.js'
import { underlayRoutes } from './underlay-routes.js'

/** What a table depends on. */
export interface TableParts {
  readonly family: 4 | 6
  readonly table: number
  /** The device that its default route leads to; undefined if packets of the family lead nowhere. */
  readonly device: string | undefined
  /** Whether networks beside the tunnel are reached as ever. */
  readonly underlayRoutes: boolean
  /** What the table leaves to those behind it, of both families. */
  readonly excluded: readonly IpPrefix[]
}

/** The host's network at a moment. */
export interface NetworkState {
  readonly links: readonly HostLink[]
  readonly addresses: readonly HostAddress[]
  readonly routes: readonly Route[]
}

export function stateOf(network: RouteNetlink): NetworkState {
  return { links: network.links(), addresses: network.addresses(), routes: network.routes() }
}

/**
 * The routes of one family of a full tunnel, in a table of their own: what packets take that do not go to a network
 * beside the tunnel goes into it, and nowhere if its device has no route.
 */
export class TunnelTable {
  readonly #parts: TableParts
  readonly #network: RouteNetlink
  #excluded: readonly IpPrefix[] = []

  constructor(parts: TableParts, network: RouteNetlink) {
    this.#parts = parts
    this.#network = network
    this.exclude(parts.excluded)
  }

  /** From the next `restore` on it leaves these to the tables behind it. */
  exclude(ranges: readonly IpPrefix[]): void {
    const bytes = this.#parts.family === 4 ? 4 : 16
    this.#excluded = ranges.filter(({ address }) => address.length === bytes)
  }

  /**
   * Adds what is missing and removes copies of routes that are gone; what is there stays. Returns what was missing that
   * nobody but this program should remove.
   *
   * @throws NetlinkError with what the kernel says.
   */
  restore(state: NetworkState): string[] {
    const { family, table } = this.#parts
    const there = state.routes.filter(
      (route) => route.family === family && route.table === table && route.protocol === OUR_PROTOCOL,
    )
    const missing: string[] = []
    // First: from here on nothing leaves in the clear that is led to this table.
    if (!there.some(isUnreachable)) {
      this.#network.addRoute(unreachableRoute(family, table, OUR_PROTOCOL))
      missing.push(`unreachable default of table ${table}`)
    }
    if (this.#addDefault(state, there)) missing.push(`default route of table ${table}`)
    const excluded = this.#exclude(there)
    if (excluded > 0) missing.push(`${excluded} excluded ranges of table ${table}`)
    this.#copyUnderlay(state, there)
    return missing
  }

  /** A link that is down, or for which IPv6 is off, takes no route: it comes once the link does. */
  #addDefault({ links }: NetworkState, there: readonly Route[]): boolean {
    const { device, family, table } = this.#parts
    const link = links.find(({ name }) => name === device)
    if (device === undefined || link === undefined || !link.up) return false
    if (family === 6 && ipv6Off(device) !== undefined) return false
    if (there.some((route) => isDefault(route) && route.link === link.index)) return false
    this.#network.addRoute(defaultRoute(family, table, OUR_PROTOCOL, link.index))
    return true
  }

  /** Returns how many were missing. */
  #exclude(there: readonly Route[]): number {
    const { table } = this.#parts
    const throws = there.filter(isThrow)
    const known = new Set(throws.map(keyOf))
    const wanted = new Set(this.#excluded.map((destination) => keyOf({ destination })))
    const missing = this.#excluded.filter((destination) => !known.has(keyOf({ destination })))
    for (const range of missing) this.#network.copyRoute(throwRoute(range, table, OUR_PROTOCOL))
    for (const route of throws) if (!wanted.has(keyOf(route))) this.#network.removeRoute(route.body)
    return missing.length
  }

  #copyUnderlay({ addresses, routes }: NetworkState, there: readonly Route[]): void {
    const { family, table } = this.#parts
    const ofFamily = routes.filter((route) => route.family === family)
    const underlay = this.#parts.underlayRoutes ? underlayRoutes(ofFamily, addresses) : []
    const wanted = underlay.filter(
      ({ destination }) => !this.#excluded.some((range) => liesWithin(destination, range)),
    )
    const copies = there.filter((route) => !isUnreachable(route) && !isDefault(route) && !isThrow(route))
    const known = new Set(copies.map(identityOf))
    for (const route of wanted) {
      if (!known.has(identityOf(route))) this.#network.copyRoute(copyOf(route, table, OUR_PROTOCOL))
    }
    const kept = new Set(wanted.map(identityOf))
    for (const copy of copies) if (!kept.has(identityOf(copy))) this.#network.removeRoute(copy.body)
  }
}

function isUnreachable({ destination, metric }: Route): boolean {
  return destination.bits === 0 && metric === LAST_METRIC
}

function isDefault({ destination, metric, unicast }: Route): boolean {
  return destination.bits === 0 && metric !== LAST_METRIC && unicast
}

function keyOf({ destination }: Pick<Route, 'destination'>): string {
  return prefixKey(destination.address, destination.bits)
}
