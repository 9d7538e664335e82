import type { IpPrefix } from './ip-prefix.js'
import { withoutMapping } from './source-address.js'

/** A range of addresses, whatever it is written as. */
type IpRange = Pick<IpPrefix, 'address' | 'bits'>

/** The same range, written with no bits set behind its prefix, as `ip route` wants it. */
export function networkOf({ address, bits }: IpRange): IpPrefix {
  const network = address.map((byte, index) => byte & maskByte(bits - 8 * index))
  return { address: network, bits, text: `${textOf(network)}/${bits}` }
}

/** The bits of one byte that a prefix of so many bits from there covers. */
function maskByte(bits: number): number {
  return bits >= 8 ? 0xff : bits <= 0 ? 0 : 0xff & (0xff << (8 - bits))
}

/** An address of 4 or 16 bytes, as RFC 5952 writes it. */
export function textOf(address: Uint8Array): string {
  if (address.length === 4) return address.join('.')
  const groups = Array.from({ length: 8 }, (_, at) =>
    ((address[2 * at]! << 8) | address[2 * at + 1]!).toString(16),
  )
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1)
}

/** Whether a range, or an address, lies within another range of its family. */
export function liesWithin({ address, bits }: IpRange, outer: IpRange): boolean {
  if (address.length !== outer.address.length || bits < outer.bits) return false
  return outer.address.every(
    (byte, index) => ((byte ^ address[index]!) & maskByte(outer.bits - 8 * index)) === 0,
  )
}

/** Bytes of an IPv6 address that tell customers apart: each has a whole /64, or more. RFC 6177 */
const IPV6_CUSTOMER_BYTES = 8

/**
 * What of a source's address is counted as one source in limits: all of an IPv4 address, however it is written, and the
 * /64 of an IPv6 one.
 */
export function customerOf(source: Uint8Array): Uint8Array {
  const address = withoutMapping(source)
  return address.length === 16 ? address.subarray(0, IPV6_CUSTOMER_BYTES) : address
}
