import { parseIpAddress } from '../../core/ip/ip-address.js'
import { textOf } from '../../core/ip/ip-network.js'
import type { Resolved } from './resolve.js'

/** A name that has IPv6 addresses only if a NAT64 made them of its two IPv4 addresses. RFC 7050 section 2.2 */
const WELL_KNOWN_NAME = 'ipv4only.arpa'
const WELL_KNOWN_ADDRESSES = ['192.0.0.170', '192.0.0.171'].map((text) => parseIpAddress(text)!)
/** Where an IPv4 address lies behind a prefix of so many bytes; byte 8 stays zero. RFC 6052 section 2.2 */
const PLACES: readonly (readonly number[])[] = [
  [12, 13, 14, 15],
  [9, 10, 11, 12],
  [7, 9, 10, 11],
  [6, 7, 9, 10],
  [5, 6, 7, 9],
  [4, 5, 6, 7],
]

/** How this host asks, and what it reaches. */
export interface Nat64Parts {
  /** The IPv6 addresses of a name; none if it has none, or nobody answers. */
  readonly lookUp: (name: string) => Promise<readonly string[]>
  /** Whether this host has a way to an address. */
  readonly hasRoute: (address: Resolved) => boolean | Promise<boolean>
}

/**
 * Addresses of an endpoint as a host without IPv4 reaches them: if it has no way to any, those that the network's NAT64
 * translates come first.
 */
export async function throughNat64(
  addresses: readonly Resolved[],
  { hasRoute, lookUp }: Nat64Parts,
): Promise<Resolved[]> {
  for (const address of addresses) {
    if (address.family === 6 || (await hasRoute(address))) return [...addresses]
  }
  const answers = await lookUp(WELL_KNOWN_NAME).catch(() => [])
  const example = answers
    .map(parseIpAddress)
    .find((bytes) => bytes !== undefined && placeIn(bytes) !== undefined)
  const places = example && placeIn(example)
  if (example === undefined || places === undefined) return [...addresses]
  const translated = addresses.map(({ address }): Resolved => {
    const bytes = example.slice()
    parseIpAddress(address)!.forEach((byte, index) => {
      bytes[places[index]!] = byte
    })
    return { address: textOf(bytes), family: 6 }
  })
  return [...translated, ...addresses]
}

/** Where one of the well-known addresses lies in an IPv6 address; undefined if none does. */
function placeIn(bytes: Uint8Array): readonly number[] | undefined {
  return PLACES.find((places) =>
    WELL_KNOWN_ADDRESSES.some((known) => places.every((place, index) => bytes[place] === known[index])),
  )
}
