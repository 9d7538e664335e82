import { isQanatError } from '../../core/api/errors.js'
import { networkOf } from '../../core/ip/ip-network.js'
import type { IpPrefix } from '../../core/ip/ip-prefix.js'
import type { HostNetworks } from '../../core/pushed-settings/host-networks.js'
import { gatewaysOf, PROTOCOL_NUMBERS } from '../../native/netlink/route.js'
import { RouteNetlink } from '../../native/netlink/route-netlink.js'
import { procNetworks } from './proc-networks.js'

/** What an interface of the host's is connected to. */
export type Networks = Pick<HostNetworks, 'connected' | 'nextHops'>

/** Who makes routes to what an interface is connected to: the kernel of its addresses, and what configures it. */
export const CONNECTING: readonly number[] = [
  PROTOCOL_NUMBERS.kernel,
  PROTOCOL_NUMBERS.ra,
  PROTOCOL_NUMBERS.dhcp,
]

/**
 * What the host is connected to by interfaces other than `device`, looked at now. Nothing if there is no interface of
 * that name: then the device is no part of this host, as one in memory.
 */
export function hostNetworks(device: string): Networks {
  let netlink: RouteNetlink
  try {
    netlink = new RouteNetlink()
  } catch (thrown) {
    if (isQanatError(thrown) && thrown.code === 'ERR_NATIVE') return procNetworks(device)
    throw thrown
  }
  try {
    const own = netlink.links().find(({ name }) => name === device)
    if (own === undefined) return { connected: [], nextHops: [] }
    const others = <Item extends { readonly link: number | undefined }>(items: readonly Item[]) =>
      items.filter(({ link }) => link !== own.index)
    const routes = others(netlink.routes()).filter(({ alive, unicast }) => alive && unicast)
    const direct = routes.filter(
      (route) =>
        gatewaysOf(route).length === 0 && route.destination.bits > 0 && CONNECTING.includes(route.protocol),
    )
    const connected = [
      ...others(netlink.addresses()).map(({ network }) => network),
      ...direct.map(({ destination }) => destination),
    ]
    return {
      connected: connected.map(prefixOf),
      nextHops: routes.flatMap(gatewaysOf),
    }
  } finally {
    netlink.close()
  }
}

/** The kernel's bytes are a Buffer, whose text would be another one. */
function prefixOf({ address, bits }: Pick<IpPrefix, 'address' | 'bits'>): IpPrefix {
  return networkOf({ address: Uint8Array.from(address), bits })
}
