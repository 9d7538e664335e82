import { get16 } from '../bytes/network-order.js'

/** Offsets in an IPv4 header (RFC 791). */
export const IP4 = {
  TOS: 1,
  LENGTH: 2,
  ID: 4,
  FRAGMENT: 6,
  TTL: 8,
  PROTOCOL: 9,
  CHECKSUM: 10,
  SOURCE: 12,
} as const
/** Offsets in an IPv6 header (RFC 8200). */
export const IP6 = { LENGTH: 4, NEXT: 6, SOURCE: 8 } as const
/** Offsets in a TCP header (RFC 9293). */
export const TCP_AT = {
  SEQUENCE: 4,
  ACK: 8,
  LENGTH: 12,
  FLAGS: 13,
  WINDOW: 14,
  CHECKSUM: 16,
  URGENT: 18,
} as const
/** Offsets in a UDP header (RFC 768). */
export const UDP_AT = { LENGTH: 4, CHECKSUM: 6 } as const
/** Bits of TCP's flags byte (RFC 9293, RFC 3168). */
export const FLAG = { FIN: 1, SYN: 2, RST: 4, PSH: 8, ACK: 16, URG: 32, ECE: 64, CWR: 128 } as const

/** Protocol numbers. */
export const TCP = 6
export const UDP = 17

/** Bytes. The shortest headers. */
export const IP4_HEADER = 20
export const IP6_HEADER = 40
export const TCP_HEADER = 20
export const UDP_HEADER = 8

/** IPv4's `don't fragment` bit, and what is set in any fragment: `more fragments` or an offset. */
export const DONT_FRAGMENT = 0x4000
const FRAGMENT_MASK = 0x3fff

/** IPv6 extension headers that may stand before the transport's (RFC 8200, section 4). */
const HOP_BY_HOP = 0
const ROUTING = 43
const FRAGMENT_HEADER = 44
const DESTINATION_OPTIONS = 60
const SEGMENTS_LEFT = 3

/** Bytes. The longest network header that is dealt with, extension headers included. */
export const MAX_NETWORK_HEADER = 512
/** Bytes. The longest headers in front of a payload: the network's and TCP's with all its options. */
export const MAX_HEADERS = MAX_NETWORK_HEADER + 60

/** Where things lie in a packet. One is made once and filled anew for each packet. */
export class Headers {
  version = 4
  /** TCP or UDP. */
  protocol = TCP
  /** Offset of the TCP or UDP header: the length of the network header. */
  transport = 0
  /** Offset of the payload: the length of all headers. */
  payload = 0
  /** Whether the last parse was refused because the packet is a fragment. */
  fragment = false

  /** Takes over what another one found. */
  set(other: Headers): void {
    this.version = other.version
    this.protocol = other.protocol
    this.transport = other.transport
    this.payload = other.payload
    this.fragment = other.fragment
  }
}

/**
 * Finds the headers of a whole TCP or UDP packet. True where `bytes` hold exactly one from `at` on, `length` long, its lengths agree
 * with each other, and it is not a fragment; every offset, from its beginning, then lies within it. Refused are also IPv6 packets that a
 * routing header still sends elsewhere (their checksum covers another destination) and authenticated ones.
 */
export function parse(bytes: Uint8Array, into: Headers, at = 0, length = bytes.length): boolean {
  into.fragment = false
  if (length < IP4_HEADER) return false
  const version = bytes[at]! >> 4
  if (
    version === 4 ? !parseIp4(bytes, into, at, length) : version !== 6 || !parseIp6(bytes, into, at, length)
  )
    return false
  into.version = version
  return into.protocol === TCP ? parseTcp(bytes, into, at, length) : parseUdp(bytes, into, at, length)
}

function parseIp4(bytes: Uint8Array, into: Headers, at: number, length: number): boolean {
  const header = (bytes[at]! & 0x0f) * 4
  if (header < IP4_HEADER || get16(bytes, at + IP4.LENGTH) !== length) return false
  into.fragment = (get16(bytes, at + IP4.FRAGMENT) & FRAGMENT_MASK) !== 0
  into.protocol = bytes[at + IP4.PROTOCOL]!
  into.transport = header
  return !into.fragment
}

function parseIp6(bytes: Uint8Array, into: Headers, at: number, length: number): boolean {
  if (length < IP6_HEADER || get16(bytes, at + IP6.LENGTH) + IP6_HEADER !== length) return false
  let next = bytes[at + IP6.NEXT]!
  let header = IP6_HEADER
  while (next === HOP_BY_HOP || next === DESTINATION_OPTIONS || next === ROUTING) {
    if (header + 8 > length) return false
    if (next === ROUTING && bytes[at + header + SEGMENTS_LEFT] !== 0) return false
    next = bytes[at + header]!
    header += (bytes[at + header + 1]! + 1) * 8
    if (header > MAX_NETWORK_HEADER) return false
  }
  into.fragment = next === FRAGMENT_HEADER
  into.protocol = next
  into.transport = header
  return !into.fragment
}

function parseTcp(bytes: Uint8Array, into: Headers, at: number, length: number): boolean {
  if (into.transport + TCP_HEADER > length) return false
  const header = (bytes[at + into.transport + TCP_AT.LENGTH]! >> 4) * 4
  into.payload = into.transport + header
  return header >= TCP_HEADER && into.payload <= length
}

function parseUdp(bytes: Uint8Array, into: Headers, at: number, length: number): boolean {
  into.payload = into.transport + UDP_HEADER
  if (into.protocol !== UDP || into.payload > length) return false
  return get16(bytes, at + into.transport + UDP_AT.LENGTH) === length - into.transport
}
