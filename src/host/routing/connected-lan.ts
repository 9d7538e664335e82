import { networkOf } from '../../core/ip/ip-network.js'
import { type IpPrefix, parseIpPrefix } from '../../core/ip/ip-prefix.js'
import { widest } from '../../core/ip/range-without.js'
import { INTERFACE_NAME } from '../../core/settings/interface-name.js'
import { MAIN_TABLE, type Route } from '../../native/netlink/route.js'
import type { NetworkState } from './tunnel-table.js'
import { isConnected, isPrivate } from './underlay-routes.js'

/** The local networks of a host. */
export interface Lan {
  /** The interfaces that it is connected to them by. */
  readonly interfaces: readonly string[]
  /** Their addresses and what reaches all of them at once; none lies within another. Empty if there are none. */
  readonly ranges: readonly IpPrefix[]
}

/** No local network. */
export const NO_LAN: Lan = { interfaces: [], ranges: [] }

/**
 * By what hosts of one network find each other: local multicast and broadcast. RFC 5771, RFC 2365, RFC 919; of IPv6 the scopes of link and
 * site, RFC 4291 section 2.7
 */
const TO_ALL = ['224.0.0.0/24', '239.0.0.0/8', '255.255.255.255/32', 'ff02::/16', 'ff05::/16'].map(
  (text) => parseIpPrefix(text)!,
)

/** The private networks that a host is connected to, by other interfaces than the tunnel's `device`. */
export function connectedLan({ addresses, links, routes }: NetworkState, device: string): Lan {
  // A packet filter would read more than a name in some names.
  const others = links.filter(({ name }) => name !== device && INTERFACE_NAME.test(name))
  const names = new Map(others.map(({ index, name }) => [index, name]))
  const isLan = (route: Route) =>
    route.table === MAIN_TABLE &&
    route.alive &&
    names.has(route.link ?? 0) &&
    isConnected(route, addresses) &&
    isPrivate(route.destination)
  const lan = routes.filter(isLan)
  if (lan.length === 0) return NO_LAN
  const networks = widest(lan.map(({ destination }) => prefixOf(destination)))
  const families = new Set(networks.map(({ address }) => address.length))
  return {
    interfaces: [...new Set(lan.map(({ link }) => names.get(link!)!))].sort(),
    ranges: [...networks, ...TO_ALL.filter(({ address }) => families.has(address.length))],
  }
}

/** The kernel's bytes are a Buffer, whose text would be another one. */
function prefixOf({ address, bits }: Route['destination']): IpPrefix {
  return networkOf({ address: Uint8Array.from(address), bits })
}
