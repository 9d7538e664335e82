import { liesWithin, networkOf } from '../ip/ip-network.js'
import type { IpPrefix } from '../ip/ip-prefix.js'
import { prefixKey } from '../ip/prefix-bits.js'
import { rangeWithout } from '../ip/range-without.js'
import type { SettingKind } from './client-settings.js'

/**
 * Which of the ranges that peers own are reached by the device: all, all but default routes, or none. A default route
 * is no route of the main table: the tunnel's own packets would go into it, too.
 */
export type PeerRoutes = 'all' | 'but-default' | 'none'

/** What a peer's routes depend on. */
interface RoutedPeer {
  readonly accepts?: readonly SettingKind[] | undefined
  readonly allowed: readonly IpPrefix[]
}

/**
 * The networks that are reached by peers, but for those that push their routes: their ranges are only the limits. What
 * is excluded within a range is cut out of it.
 */
export function routesTo(
  peers: readonly RoutedPeer[],
  which: PeerRoutes,
  excluded: readonly IpPrefix[] = [],
): IpPrefix[] {
  if (which === 'none') return []
  const owned = peers.flatMap(({ accepts = [], allowed }) =>
    accepts.includes('routes') ? [] : allowed.map(networkOf),
  )
  // Members of a group own the same.
  const distinct = [...new Map(owned.map((range) => [prefixKey(range.address, range.bits), range])).values()]
  const routed = which === 'all' ? distinct : distinct.filter(({ bits }) => bits > 0)
  if (excluded.length === 0) return routed
  return routed.flatMap((range) =>
    rangeWithout(
      range,
      excluded.filter((one) => liesWithin(one, range)),
    ),
  )
}
