import { DEVICE_MTU, MIN_MTU, type TunnelConfig } from '../../core/api/config.js'

/** Bytes that a tunnel's device carries at the least: below what IPv6 needs the kernel has none, and removes its addresses. */
export function leastMtu({ peers, tun }: Pick<TunnelConfig, 'peers' | 'tun'>): number {
  const hasIpv6 =
    tun.addresses.some(({ local }) => local.includes(':')) ||
    peers.some(({ allowed }) => allowed.some(({ address }) => address.length > 4))
  return hasIpv6 ? MIN_MTU : DEVICE_MTU.min
}
