import { HostError } from '../../core/api/errors.js'
import type { Logger } from '../../core/api/logger.js'
import type { DeviceShare } from '../../core/api/tun-device.js'
import type { IpPrefix } from '../../core/ip/ip-prefix.js'
import { ipv6Off } from '../../host/kernel/ipv6-off.js'
import { hasInterface } from '../../native/netlink/has-interface.js'

/**
 * What a device gets of what its tunnel wants where IPv6 is off, which is logged; all of it elsewhere, the same object.
 *
 * @throws HostError if it has no address then.
 */
export function withoutIpv6<Wanted extends DeviceShare>(device: string, wanted: Wanted, log: Logger): Wanted {
  const { addresses } = wanted
  const routes = takenRoutes(device, wanted.routes)
  const ipv4 = addresses.filter(({ local }) => !local.includes(':'))
  const asksIpv6 = ipv4.length < addresses.length || routes.length < wanted.routes.length
  const off = asksIpv6 && hasInterface(device) ? ipv6Off(device) : undefined
  if (off === undefined) return wanted
  if (ipv4.length === 0 && addresses.length > 0) {
    throw new HostError(
      `Cannot give ${device} an address: all of them are IPv6, which is off here (${off}); turn it on, or add an IPv4 address`,
      { code: 'ERR_HOST_CHANGE' },
    )
  }
  log.warn('IPv6 is off here, so the tunnel has IPv4 alone', { by: off })
  return { ...wanted, addresses: ipv4, routes }
}

/** Those of routes, or of addresses, that a device takes: those of IPv4 alone where IPv6 is off. */
export function takenRoutes(device: string, routes: readonly IpPrefix[]): readonly IpPrefix[] {
  const ipv4 = routes.filter(({ address }) => address.length === 4)
  const isAll = ipv4.length === routes.length || !hasInterface(device) || ipv6Off(device) === undefined
  return isAll ? routes : ipv4
}
