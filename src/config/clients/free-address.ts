import { parseIpAddress } from '../../core/ip/ip-address.js'
import { networkOf, textOf } from '../../core/ip/ip-network.js'
import { parseIpPrefix } from '../../core/ip/ip-prefix.js'

/** Addresses that are tried before a network counts as full. */
const MOST = 65_536

interface Range {
  readonly first: bigint
  readonly last: bigint
}

/**
 * The lowest address of a network that no range of `taken` holds, and that is neither the network's own nor, with
 * IPv4, its broadcast address; undefined if none is left. `network` and `taken` are as `10.0.0.1/24`; an address of the
 * network itself, such as a server's, belongs among `taken`.
 */
export function freeAddress(network: string, taken: readonly string[]): string | undefined {
  const { address, bits } = networkOf(parseIpPrefix(network)!)
  const { first, last } = rangeOf(address, bits)
  const hosts = { first: first + 1n, last: address.length === 4 ? last - 1n : last }
  const ranges = taken
    .map((text) => networkOf(parseIpPrefix(text)!))
    .filter((range) => range.address.length === address.length)
    .map((range) => rangeOf(range.address, range.bits))
    .sort((a, b) => (a.first < b.first ? -1 : 1))
  let candidate = hosts.first
  for (const range of ranges) {
    if (range.first > candidate) break
    if (range.last >= candidate) candidate = range.last + 1n
  }
  const free = candidate <= hosts.last && candidate - hosts.first < MOST
  return free ? textOf(bytesOf(candidate, address.length)) : undefined
}

function rangeOf(address: Uint8Array, bits: number): Range {
  const first = BigInt(`0x${Buffer.from(address).toString('hex')}`)
  return { first, last: first + (1n << BigInt(address.length * 8 - bits)) - 1n }
}

function bytesOf(value: bigint, length: number): Uint8Array {
  return Uint8Array.from(Buffer.from(value.toString(16).padStart(2 * length, '0'), 'hex'))
}

/** The address alone of `10.0.0.1/24`, as a range of one. */
export function hostOf(address: string): string {
  const alone = address.split('/')[0]!
  return `${alone}/${parseIpAddress(alone)!.length * 8}`
}
