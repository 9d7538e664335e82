import { liesWithin, networkOf } from './ip-network.js'
import type { IpPrefix } from './ip-prefix.js'

/** A range of addresses, whatever it is written as. */
type IpRange = Pick<IpPrefix, 'address' | 'bits'>

/**
 * What is left of a range without others: the fewest ranges, in order; the range itself if none of them touches it. One
 * hole leaves as many ranges as it has more bits, so 128 at the most.
 */
export function rangeWithout(range: IpRange, holes: readonly IpRange[]): IpPrefix[] {
  if (holes.some((hole) => liesWithin(range, hole))) return []
  const within = holes.filter((hole) => liesWithin(hole, range))
  if (within.length === 0) return [networkOf(range)]
  return halvesOf(range).flatMap((half) => rangeWithout(half, within))
}

function halvesOf({ address, bits }: IpRange): readonly IpRange[] {
  const lower = networkOf({ address, bits }).address
  const upper = Uint8Array.from(lower)
  upper[bits >>> 3]! |= 0x80 >>> (bits & 7)
  return [lower, upper].map((half) => ({ address: half, bits: bits + 1 }))
}

/** The ranges that lie within none of the others, each once. */
export function widest(ranges: readonly IpPrefix[]): IpPrefix[] {
  const networks = ranges.map(networkOf).sort((one, other) => one.bits - other.bits)
  const kept: IpPrefix[] = []
  for (const network of networks) if (!kept.some((other) => liesWithin(network, other))) kept.push(network)
  return kept
}
