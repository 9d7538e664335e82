import { parseIpAddress } from '../../core/ip/ip-address.js'

/** The first bytes of an IPv6 address that stands for an IPv4 one. RFC 4291 section 2.5.5.2 */
const MAPPED_PREFIX = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]

/**
 * The bytes of a socket's remote address: 4 for IPv4, also where the socket is of both families and writes
 * `::ffff:192.0.2.1`, 16 for IPv6, none if it is not known.
 */
export function sourceBytes(address: string | undefined): Uint8Array {
  const bytes = parseIpAddress(address?.replace(/%.*/, '') ?? '')
  return bytes === undefined ? new Uint8Array(0) : withoutMapping(bytes)
}

/** The bytes of an address, of the IPv4 one if it stands for one. */
export function withoutMapping(bytes: Uint8Array): Uint8Array {
  return MAPPED_PREFIX.every((byte, index) => bytes[index] === byte) && bytes.length === 16
    ? bytes.slice(MAPPED_PREFIX.length)
    : bytes
}

/** `host:port` of a socket's remote, for URLs. */
export function remoteHost(address: string | undefined, port: number | undefined): string {
  const host = address?.replace(/^::ffff:(?=\d+\.)/, '').replace(/%.*/, '') ?? 'unknown'
  return `${host.includes(':') ? `[${host}]` : host}:${port ?? 0}`
}
