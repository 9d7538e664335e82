import type { TunnelConfig } from '../../core/api/config.js'
import type { TraitsOf } from '../../core/api/transport.js'
import { bareHost } from '../../core/ip/bare-host.js'
import { parseIpAddress } from '../../core/ip/ip-address.js'
import { liesWithin } from '../../core/ip/ip-network.js'
import type { IpPrefix } from '../../core/ip/ip-prefix.js'
import { isPrivate } from '../../host/routing/underlay-routes.js'
import { nativeIfThere } from '../../native/base/native.js'
import { hasHost } from '../carriers/has-host.js'
import { carrierAddresses } from './carrier-addresses.js'

/** Bits of a range that is as good as a default route at the most: it holds nearly any server. */
const WIDE_BITS = 7

/** Addresses of hosts by their names, as far as they are known. */
type Known = ReadonlyMap<string, readonly string[]>

/**
 * The same tunnel, whose routes that hold an address to which it itself sends are apart from the others: its own packets
 * pass by them. A name of which nothing is known is taken to be in the widest ranges.
 */
export function withRangesAround(
  config: TunnelConfig,
  traits: TraitsOf,
  known: Known = new Map(),
): TunnelConfig {
  const { peers, tun } = config
  if (tun.routingTable !== undefined) return { ...config, around: undefined }
  const carriers = carrierAddresses(config, traits, known)
  const isUnknown = peers.some(({ endpoints }) =>
    endpoints.some((endpoint) => isName(endpoint, traits) && !known.has(endpoint.hostname)),
  )
  const isAround = (range: IpPrefix) =>
    carriers.some((address) => liesWithin({ address, bits: address.length * 8 }, range)) ||
    (isUnknown && !isMarked(config) && range.bits <= WIDE_BITS)
  const around = tun.routes.filter(isAround)
  if (around.length === 0) return { ...config, around: undefined }
  return { ...config, around, tun: { ...tun, routes: tun.routes.filter((range) => !isAround(range)) } }
}

/** Whether some of its routes may hold an address that it sends to: that of a name may be anywhere but in a private network. */
export function mayLeadAround(config: TunnelConfig, traits: TraitsOf): boolean {
  const { peers, tun } = config
  if (tun.namespace !== undefined || tun.routingTable !== undefined || isMarked(config)) return false
  // Without koffi nothing is marked, and a tunnel that would carry itself does not start.
  if (nativeIfThere() === undefined) return false
  if (withRangesAround(config, traits).around !== undefined) return true
  const hasName = peers.some(({ endpoints }) => endpoints.some((endpoint) => isName(endpoint, traits)))
  return hasName && tun.routes.some((range) => !isPrivate(range))
}

/** Whether its user has marked what carries it, to be led by rules of the user's own. */
function isMarked({ host }: TunnelConfig): boolean {
  const { fullTunnel, mark = 0 } = host ?? {}
  return mark !== 0 && fullTunnel?.ipv4 !== true && fullTunnel?.ipv6 !== true
}

/** Whether an endpoint is that of a host that has to be looked up. */
function isName(endpoint: URL, traits: TraitsOf): boolean {
  return hasHost(endpoint, traits) && parseIpAddress(bareHost(endpoint.hostname)) === undefined
}
