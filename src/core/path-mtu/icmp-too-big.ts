import { MIN_MTU } from '../api/config.js'
import { set16 } from '../bytes/network-order.js'
import { fold, sum } from '../bytes/ones-complement.js'

// RFC 791 section 3.1
const IPV4_HEADER = 20
const IPV4_LENGTH = 2
const IPV4_TTL = 8
const IPV4_PROTOCOL = 9
const IPV4_CHECKSUM = 10
const IPV4_SOURCE = 12
const IPV4_DESTINATION = 16
// RFC 8200 section 3
const IPV6_HEADER = 40
const IPV6_LENGTH = 4
const IPV6_NEXT_HEADER = 6
const IPV6_HOP_LIMIT = 7
const IPV6_SOURCE = 8
const IPV6_DESTINATION = 24
/** Hops that an answer may take. */
const HOPS = 64

// RFC 792, RFC 1191 section 4; RFC 4443 section 3.2
const ICMP = 1
const ICMP_DESTINATION_UNREACHABLE = 3
const ICMP_FRAGMENTATION_NEEDED = 4
const ICMPV6 = 58
const ICMPV6_PACKET_TOO_BIG = 2
const ICMP_HEADER = 8
const ICMP_CHECKSUM = 2
const ICMP_MTU = 6
const ICMPV6_MTU = 4

/** Bytes of an answer at the most; IPv6's is the least MTU (RFC 4443 section 3.2). RFC 1812 section 4.3.2.3 */
const IPV4_LONGEST = 576

/**
 * Writes the ICMPv4 message "fragmentation needed" about a packet into `out`, which has room for 576 bytes. It comes
 * from where the packet was sent to: that address lies behind the TUN device, so the host takes it, where one of its
 * own would be refused as a forgery.
 *
 * @param mtu Bytes that a packet may have.
 * @returns how many bytes it has.
 */
export function writeFragmentationNeeded(packet: Uint8Array, mtu: number, out: Uint8Array): number {
  const quoted = Math.min(packet.length, IPV4_LONGEST - IPV4_HEADER - ICMP_HEADER)
  const length = IPV4_HEADER + ICMP_HEADER + quoted
  out.fill(0, 0, IPV4_HEADER + ICMP_HEADER)
  out[0] = 0x45
  set16(out, IPV4_LENGTH, length)
  out[IPV4_TTL] = HOPS
  out[IPV4_PROTOCOL] = ICMP
  out.set(packet.subarray(IPV4_DESTINATION, IPV4_DESTINATION + 4), IPV4_SOURCE)
  out.set(packet.subarray(IPV4_SOURCE, IPV4_SOURCE + 4), IPV4_DESTINATION)
  set16(out, IPV4_CHECKSUM, ~fold(sum(out, 0, IPV4_HEADER)))
  out[IPV4_HEADER] = ICMP_DESTINATION_UNREACHABLE
  out[IPV4_HEADER + 1] = ICMP_FRAGMENTATION_NEEDED
  set16(out, IPV4_HEADER + ICMP_MTU, mtu)
  out.set(packet.subarray(0, quoted), IPV4_HEADER + ICMP_HEADER)
  set16(out, IPV4_HEADER + ICMP_CHECKSUM, ~fold(sum(out, IPV4_HEADER, length)))
  return length
}

/** The same for IPv6: "packet too big", for which `out` has room for MIN_MTU bytes. */
export function writePacketTooBig(packet: Uint8Array, mtu: number, out: Uint8Array): number {
  const quoted = Math.min(packet.length, MIN_MTU - IPV6_HEADER - ICMP_HEADER)
  const length = IPV6_HEADER + ICMP_HEADER + quoted
  out.fill(0, 0, IPV6_HEADER + ICMP_HEADER)
  out[0] = 0x60
  set16(out, IPV6_LENGTH, length - IPV6_HEADER)
  out[IPV6_NEXT_HEADER] = ICMPV6
  out[IPV6_HOP_LIMIT] = HOPS
  out.set(packet.subarray(IPV6_DESTINATION, IPV6_DESTINATION + 16), IPV6_SOURCE)
  out.set(packet.subarray(IPV6_SOURCE, IPV6_SOURCE + 16), IPV6_DESTINATION)
  out[IPV6_HEADER] = ICMPV6_PACKET_TOO_BIG
  set16(out, IPV6_HEADER + ICMPV6_MTU, mtu >>> 16)
  set16(out, IPV6_HEADER + ICMPV6_MTU + 2, mtu)
  out.set(packet.subarray(0, quoted), IPV6_HEADER + ICMP_HEADER)
  // The pseudo-header: both addresses, the length and the protocol. RFC 8200 section 8.1
  const pseudo = sum(out, IPV6_SOURCE, IPV6_HEADER, length - IPV6_HEADER + ICMPV6)
  set16(out, IPV6_HEADER + ICMP_CHECKSUM, ~fold(sum(out, IPV6_HEADER, length, pseudo)))
  return length
}
