import { liesWithin } from '../../core/ip/ip-network.js'
import type { HostAddress } from '../../native/netlink/address.js'
import type { Route } from '../../native/netlink/route.js'

/** Whether the interface of a route has an address whose network is the route's destination. */
export function hasAddressIn(
  { destination, link }: Pick<Route, 'destination' | 'link'>,
  addresses: readonly Pick<HostAddress, 'link' | 'network'>[],
): boolean {
  return addresses.some(
    (address) =>
      address.link === link &&
      address.network.bits === destination.bits &&
      liesWithin(address.network, destination),
  )
}
