import type { HostAddress } from '../../native/netlink/address.js'
import type { HostLink } from '../../native/netlink/link.js'
import { OUR_PROTOCOL } from '../../native/netlink/ownership.js'
import { MAIN_TABLE, type Route } from '../../native/netlink/route.js'
import type { ShownRule } from '../../native/netlink/rule.js'
import { hasAddressIn } from './has-address-in.js'
import { CONNECTING } from './host-networks.js'
import type { HostRoute, HostRouting } from './judge-route.js'

/** linux/rtnetlink.h: the table in which the kernel keeps local addresses. */
const LOCAL_TABLE = 255
/** Kinds of interfaces that programs make to lead packets elsewhere: other tunnels. */
const TUNNELS: readonly (string | undefined)[] = [
  ...['tun', 'wireguard', 'amneziawg', 'ovpn', 'ipip', 'sit', 'gre', 'gretap', 'ip6gre', 'ip6tnl'],
  ...['vti', 'vti6', 'xfrm', 'vxlan', 'geneve'],
]
/** Kinds of ports that make a bridge one of containers or virtual machines, as Docker's, and not of a network. */
const OF_GUESTS: readonly (string | undefined)[] = ['veth', 'tun']

/** The fields of a route of the kernel's that are looked at. */
export interface ShownRoute
  extends Pick<Route, 'destination' | 'table' | 'link' | 'metric' | 'protocol' | 'unicast'> {
  readonly gateways: readonly Uint8Array[]
}

/** What the kernel shows of a host. */
export interface Shown {
  readonly links: readonly Pick<HostLink, 'index' | 'name' | 'kind' | 'master'>[]
  readonly addresses: readonly Pick<HostAddress, 'link' | 'network'>[]
  readonly routes: readonly ShownRoute[]
  readonly rules: readonly Pick<ShownRule, 'forAll' | 'priority' | 'table'>[]
}

/** All routes of a host but those of the interface `device`, and whose they are. */
export function routingOf(shown: Shown, device: string): HostRouting {
  const own = shown.links.find(({ name }) => name === device)?.index
  const before = tablesBefore(shown)
  // A full tunnel of ours copies routes of the main table into its own, which comes first.
  const isOthers = ({ link, protocol, table }: ShownRoute) =>
    table !== LOCAL_TABLE &&
    (link === undefined || link !== own) &&
    !(protocol === OUR_PROTOCOL && before.has(table))
  return { routes: shown.routes.filter(isOthers).map((route) => hostRoute(route, shown)), before }
}

function hostRoute(route: ShownRoute, shown: Shown): HostRoute {
  const { destination, gateways, link, metric, table } = route
  const device = shown.links.find(({ index }) => index === link)?.name
  return { destination, table, device, gateways, metric, kind: kindOf(route, shown) }
}

function kindOf(route: ShownRoute, { addresses, links }: Shown): HostRoute['kind'] {
  if (!route.unicast) return 'refused'
  const device = links.find(({ index }) => index === route.link)
  if (device === undefined || route.destination.bits === 0 || route.gateways.length > 0) return "another's"
  const ports = links.filter(({ master }) => master === device.index)
  const isOfGuests = device.kind === 'bridge' && ports.every(({ kind }) => OF_GUESTS.includes(kind))
  if (isOfGuests || TUNNELS.includes(device.kind)) return "another's"
  return CONNECTING.includes(route.protocol) || hasAddressIn(route, addresses) ? 'connected' : "another's"
}

/** Tables in which rules look up all packets before any rule looks in the main one. */
function tablesBefore({ rules }: Shown): Set<number> {
  const main = Math.min(...rules.filter(({ table }) => table === MAIN_TABLE).map(({ priority }) => priority))
  const first = rules.filter(({ forAll, priority }) => forAll && priority < main)
  return new Set(first.map(({ table }) => table).filter((table) => table !== LOCAL_TABLE))
}
