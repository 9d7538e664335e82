import { liesWithin } from '../../core/ip/ip-network.js'
import { parseIpPrefix } from '../../core/ip/ip-prefix.js'
import type { HostAddress } from '../../native/netlink/address.js'
import { MAIN_TABLE, PROTOCOL_NUMBERS, type Route } from '../../native/netlink/route.js'
import { hasAddressIn } from '../networks/has-address-in.js'

/** Bits of a network at the least: a wider one is no network that a host is connected to. */
const MIN_BITS = 8
/** What whoever runs a network told the host. */
const TOLD_BY_NETWORK: readonly number[] = [
  PROTOCOL_NUMBERS.redirect,
  PROTOCOL_NUMBERS.ra,
  PROTOCOL_NUMBERS.dhcp,
]

/** Networks that nobody is reached by but neighbours: RFC 1918, 3927, 6598, 4193, 4291 */
const PRIVATE = [
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '169.254.0.0/16',
  '100.64.0.0/10',
  'fc00::/7',
  'fe80::/10',
].map((text) => parseIpPrefix(text)!)

/**
 * The routes of a host that pass by a full tunnel: those that its administrator and other tunnels made, and private
 * networks that it is connected to. What DHCP or router advertisements say does not: whoever answers those could lead
 * any packets out of the tunnel (TunnelVision, CVE-2024-3661; TunnelCrack, CVE-2023-36672).
 */
export function underlayRoutes(routes: readonly Route[], addresses: readonly HostAddress[]): Route[] {
  return routes.filter((route) => {
    const { alive, destination, protocol, table } = route
    if (table !== MAIN_TABLE || destination.bits === 0 || !alive) return false
    if (isConnected(route, addresses)) return isPrivate(destination)
    return !TOLD_BY_NETWORK.includes(protocol)
  })
}

/** Whether a route is that of a network of which the host has an address. */
export function isConnected(route: Route, addresses: readonly HostAddress[]): boolean {
  const { gateway, protocol } = route
  return (gateway === undefined && hasAddressIn(route, addresses)) || protocol === PROTOCOL_NUMBERS.kernel
}

/** Whether a range is private, and no wider than a network that a host is connected to. */
export function isPrivate(destination: Route['destination']): boolean {
  return destination.bits >= MIN_BITS && PRIVATE.some((network) => liesWithin(destination, network))
}
