import { liesWithin } from '../ip/ip-network.js'
import type { IpPrefix } from '../ip/ip-prefix.js'
import { rangeWithout, widest } from '../ip/range-without.js'
import type { SettingKind } from './client-settings.js'

/** Ranges that a file may keep outside its tunnel: each may cut one that goes into it into many routes. */
export const MAX_EXCLUDED = 1_024

/** What goes into a tunnel. */
interface Tunnelled {
  readonly peers: readonly {
    readonly accepts?: readonly SettingKind[] | undefined
    readonly allowed: readonly IpPrefix[]
  }[]
  /** The networks of this end's own addresses. */
  readonly own: readonly Pick<IpPrefix, 'address' | 'bits'>[]
}

/**
 * What stays outside a tunnel of the ranges that are to. As with all routes the narrowest one counts: what a peer owns, or an own
 * network, within one of them goes into the tunnel. What a peer may push is only a limit. None lies within another.
 */
export function excludedRanges(
  excluded: readonly IpPrefix[],
  { own, peers }: Tunnelled,
): readonly IpPrefix[] {
  if (excluded.length === 0) return []
  const owned = peers.flatMap(({ accepts = [], allowed }) => (accepts.includes('routes') ? [] : allowed))
  const tunnelled = [...owned, ...own]
  return widest(
    excluded.flatMap((range) =>
      rangeWithout(
        range,
        tunnelled.filter((one) => one.bits > range.bits && liesWithin(one, range)),
      ),
    ),
  )
}
