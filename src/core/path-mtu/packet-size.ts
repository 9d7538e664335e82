import type { Packet } from '../api/packet.js'

// RFC 791 section 3.1, RFC 8200 section 3, RFC 9293 section 3.1, RFC 768
const IPV4_PROTOCOL = 9
const IPV6_NEXT_HEADER = 6
const IPV6_HEADER = 40
const TCP = 6
const UDP = 17
const TCP_DATA_OFFSET = 12
const UDP_HEADER = 8
const LONGEST_TCP_HEADER = 60

/**
 * Bytes of a packet, or of each full segment of a super-packet with its headers. Where headers lie between IPv6's and
 * the transport's they are not looked at, and taken to be long.
 */
export function packetSize({ bytes, segmentSize }: Packet): number {
  if (segmentSize === 0) return bytes.length
  const isIpv4 = bytes[0]! >> 4 === 4
  const transport = isIpv4 ? (bytes[0]! & 0x0f) * 4 : IPV6_HEADER
  const protocol = bytes[isIpv4 ? IPV4_PROTOCOL : IPV6_NEXT_HEADER]!
  const header = protocol === TCP ? ((bytes[transport + TCP_DATA_OFFSET] ?? 0) >> 4) * 4 : UDP_HEADER
  const known = isIpv4 || protocol === TCP || protocol === UDP
  return Math.min(bytes.length, transport + (known ? header : LONGEST_TCP_HEADER) + segmentSize)
}
