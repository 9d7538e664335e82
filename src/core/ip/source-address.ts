import { parseIpAddress } from './ip-address.js'

/** The first bytes of an IPv6 address that stands for an IPv4 one. RFC 4291 section 2.5.5.2 */
const MAPPED_PREFIX = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]
const IPV6_BYTES = 16

/**
 * The bytes of a socket's `remoteAddress`, as `admit` and `Link.source` have them: 4 for IPv4, also if the socket is of both
 * families and writes `::ffff:192.0.2.1`, 16 for IPv6, whose zone is left out, and none if it is no address.
 *
 * @param address as Node's sockets tell it; undefined if they know none.
 * @throws nothing.
 * @example
 * sourceBytes('::ffff:192.0.2.1') // Uint8Array(4) [ 192, 0, 2, 1 ]
 */
export function sourceBytes(address: string | undefined): Uint8Array {
  const bytes = parseIpAddress(address?.replace(/%.*/, '') ?? '')
  return bytes === undefined ? new Uint8Array(0) : withoutMapping(bytes)
}

/** The bytes of an address, of the IPv4 one if it stands for one. */
export function withoutMapping(bytes: Uint8Array): Uint8Array {
  return bytes.length === IPV6_BYTES && MAPPED_PREFIX.every((byte, index) => bytes[index] === byte)
    ? bytes.slice(MAPPED_PREFIX.length)
    : bytes
}
