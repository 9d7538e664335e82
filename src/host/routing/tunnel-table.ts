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
  linkRoute,
  MAIN_TABLE,
  type Route,
  removalOf,
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
  readonly device: string
  /** Whether its default route leads to the device. */
  readonly isFull: boolean
  /** Whether it refuses what it knows no way for, in place of leaving it to the tables behind it. */
  readonly isClosed: boolean
  /** Whether networks beside the tunnel are reached as ever, if it is closed. */
  readonly underlayRoutes: boolean
}

/** What the tables of both families hold beyond a default route. */
export interface Led {
  /** Ranges that lead to the device though they hold what carries the tunnel. */
  readonly around: readonly IpPrefix[]
  /** Ranges that are left to the tables behind. */
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
  #around: readonly IpPrefix[] = []

  constructor(parts: TableParts, network: RouteNetlink) {
    this.#parts = parts
    this.#network = network
  }

  /** Takes effect at the next `restore`. */
  lead({ around, excluded }: Led): void {
    const bytes = this.#parts.family === 4 ? 4 : 16
    const ofFamily = ({ address }: IpPrefix) => address.length === bytes
    this.#excluded = excluded.filter(ofFamily)
    this.#around = around.filter(ofFamily)
  }

  /**
   * Adds what is missing and removes copies of routes that are gone; what is there stays. Returns what was missing that
   * nobody but this program should remove.
   *
   * @throws NetlinkError with what the kernel says.
   */
  restore(state: NetworkState): string[] {
    const { family, isClosed, table } = this.#parts
    const there = state.routes.filter(
      (route) => route.family === family && route.table === table && route.protocol === OUR_PROTOCOL,
    )
    const missing: string[] = []
    // First: from here on nothing leaves in the clear that is led to this table.
    if (isClosed && !there.some(isUnreachable)) {
      this.#network.addRoute(unreachableRoute(family, table, OUR_PROTOCOL))
      missing.push(`unreachable default of table ${table}`)
    }
    if (this.#addDefault(state, there)) missing.push(`default route of table ${table}`)
    // Before what leads there: nobody else loses a route for a moment.
    const excluded = this.#exclude(state, there)
    if (excluded > 0) missing.push(`${excluded} excluded ranges of table ${table}`)
    const around = this.#leadAround(state, there)
    if (around > 0) missing.push(`${around} routes of table ${table}`)
    this.#copyUnderlay(state, there)
    return missing
  }

  #addDefault(state: NetworkState, there: readonly Route[]): boolean {
    const { family, isFull, table } = this.#parts
    const link = isFull ? this.#linkOf(state) : undefined
    if (link === undefined) return false
    if (there.some((route) => isDefault(route) && route.link === link.index)) return false
    this.#network.addRoute(defaultRoute(family, table, OUR_PROTOCOL, link.index))
    return true
  }

  /** Returns how many excluded ranges were missing. What the host has within what is led here is no news. */
  #exclude(state: NetworkState, there: readonly Route[]): number {
    const { table } = this.#parts
    const throws = there.filter(isThrow)
    const known = new Set(throws.map(keyOf))
    const left = [...this.#excluded, ...this.#othersWithin(state)]
    const wanted = new Map(left.map((destination) => [keyOf({ destination }), destination]))
    for (const [key, range] of wanted)
      if (!known.has(key)) this.#network.copyRoute(throwRoute(range, table, OUR_PROTOCOL))
    for (const route of throws) if (!wanted.has(keyOf(route))) this.#network.removeRoute(removalOf(route))
    return this.#excluded.filter((destination) => !known.has(keyOf({ destination }))).length
  }

  /** Narrower routes than those that lead around what carries the tunnel: they count, as they would in one table. */
  #othersWithin({ links, routes }: NetworkState): Route['destination'][] {
    const { device, isClosed } = this.#parts
    if (isClosed || this.#around.length === 0) return []
    const own = links.find(({ name }) => name === device)?.index
    return routes
      .filter(
        ({ destination, link, table }) =>
          table === MAIN_TABLE &&
          link !== own &&
          this.#around.some((range) => destination.bits > range.bits && liesWithin(destination, range)),
      )
      .map(({ destination }) => destination)
  }

  /** Returns how many were missing. */
  #leadAround(state: NetworkState, there: readonly Route[]): number {
    const link = this.#linkOf(state)
    if (link === undefined) return 0
    const known = new Set(there.filter((route) => route.link === link.index).map(keyOf))
    const missing = this.#around.filter((destination) => !known.has(keyOf({ destination })))
    for (const range of missing)
      this.#network.addRoute(linkRoute(range, this.#parts.table, OUR_PROTOCOL, link.index))
    return missing.length
  }

  /** The device's link, if it takes routes of the family: one that is down does once it is up. */
  #linkOf({ links }: NetworkState): HostLink | undefined {
    const { device, family } = this.#parts
    const link = links.find(({ name }) => name === device)
    if (link === undefined || !link.up) return undefined
    return family === 6 && ipv6Off(device) !== undefined ? undefined : link
  }

  /** What leads around the carrier is no copy, and stays. */
  #copyUnderlay(state: NetworkState, there: readonly Route[]): void {
    const { family, isClosed, table } = this.#parts
    const ofFamily = state.routes.filter((route) => route.family === family)
    const copied = isClosed && this.#parts.underlayRoutes
    const underlay = copied ? underlayRoutes(ofFamily, state.addresses) : []
    const wanted = underlay.filter(
      ({ destination }) => !this.#excluded.some((range) => liesWithin(destination, range)),
    )
    const own = this.#linkOf(state)?.index
    const around = new Set(this.#around.map((destination) => keyOf({ destination })))
    const copies = there.filter((route) => !isUnreachable(route) && !isDefault(route) && !isThrow(route))
    const known = new Set(copies.map(identityOf))
    for (const route of wanted) {
      if (!known.has(identityOf(route))) this.#network.copyRoute(copyOf(route, table, OUR_PROTOCOL))
    }
    const kept = new Set(wanted.map(identityOf))
    for (const copy of copies) {
      const isAround = copy.link === own && around.has(keyOf(copy))
      if (!isAround && !kept.has(identityOf(copy))) this.#network.removeRoute(removalOf(copy))
    }
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
