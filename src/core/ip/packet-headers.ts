import { get16, get32 } from '../bytes/network-order.js'
import { ipLayout } from './ip-packet.js'

// RFC 791 section 3.1
const IPV4_LENGTH = 2
const IPV4_ID = 4
const IPV4_FRAGMENT = 6
const IPV4_PROTOCOL = 9
const IPV4_HEADER = 20
// RFC 8200 section 3
const IPV6_LENGTH = 4
const IPV6_NEXT = 6
const IPV6_HEADER = 40
/** Of an IPv4 fragment: whether more follow, and the offset in units of 8 bytes. */
const IPV4_MORE = 0x2000
const IPV4_OFFSET = 0x1fff
/** The same of IPv6, whose offset is in the upper bits. RFC 8200 section 4.5 */
const IPV6_MORE = 0x0001
const IPV6_OFFSET = 0xfff8

/** IPv6 extension headers: RFC 8200 section 4, RFC 4302, RFC 6275, RFC 7401, RFC 5533. */
const HOP_BY_HOP = 0
const ROUTING = 43
const FRAGMENT = 44
const AUTHENTICATION = 51
const DESTINATION_OPTIONS = 60
const MOBILITY = 135
const HOST_IDENTITY = 139
const SHIM6 = 140
const WITH_LENGTH = [HOP_BY_HOP, ROUTING, DESTINATION_OPTIONS, MOBILITY, HOST_IDENTITY, SHIM6]
const LEAST_EXTENSION = 8

/**
 * Where things lie in an IP packet, fragments included: the options of IPv4 and the extension headers of IPv6 are walked. One is
 * made once and read into anew for each packet.
 */
export class PacketHeaders {
  version: 4 | 6 = 4
  /** The number of the protocol that is carried, such as 6 for TCP. */
  protocol = 0
  /** Offset of its header, or in a later fragment of what goes on. */
  transport = 0
  /** Offset of the source address. */
  source = 0
  /** Offset of the destination address. */
  destination = 0
  addressBytes: 4 | 16 = 4
  /** Whether the packet is a fragment: the first one holds the header of what is carried. */
  fragment: 'none' | 'first' | 'later' = 'none'
  /** Where a fragment belongs in the whole, in bytes. */
  fragmentOffset = 0
  /** Offset of what a fragment holds of the whole: behind the header of IPv4, or IPv6's fragment header. 0 if it is none. */
  fragmentable = 0
  /** What fragments of one packet have in common, beside addresses and protocol: 16 bits of IPv4, 32 of IPv6. */
  identification = 0
  /** Offset of an IPv6 routing header; 0 if there is none. */
  routing = 0

  /**
   * Finds the headers of a packet. False if it is no whole IP packet, or if a header does not lie within it; then
   * the members say nothing.
   *
   * @param isWhole Whether all of the packet is there; else its beginning is, as ICMP errors quote it.
   */
  read(packet: Uint8Array, isWhole = true): boolean {
    const layout = ipLayout(packet)
    if (layout === undefined) return false
    this.source = layout.source
    this.destination = layout.destination
    this.addressBytes = layout.addressBytes
    this.fragment = 'none'
    this.fragmentOffset = 0
    this.fragmentable = 0
    this.routing = 0
    return layout.addressBytes === 4 ? this.#read4(packet, isWhole) : this.#read6(packet, isWhole)
  }

  #read4(packet: Uint8Array, isWhole: boolean): boolean {
    this.version = 4
    this.transport = (packet[0]! & 0x0f) * 4
    this.protocol = packet[IPV4_PROTOCOL]!
    const fragment = get16(packet, IPV4_FRAGMENT)
    if ((fragment & (IPV4_MORE | IPV4_OFFSET)) !== 0) {
      this.#isFragment((fragment & IPV4_OFFSET) * 8, get16(packet, IPV4_ID), this.transport)
    }
    if (isWhole && get16(packet, IPV4_LENGTH) !== packet.length) return false
    return this.transport >= IPV4_HEADER && this.transport <= packet.length
  }

  #read6(packet: Uint8Array, isWhole: boolean): boolean {
    this.version = 6
    if (isWhole && get16(packet, IPV6_LENGTH) + IPV6_HEADER !== packet.length) return false
    let next = packet[IPV6_NEXT]!
    let at = IPV6_HEADER
    // Behind the header of a later fragment there is the middle of something.
    while (
      this.fragment !== 'later' &&
      (WITH_LENGTH.includes(next) || next === FRAGMENT || next === AUTHENTICATION)
    ) {
      if (at + LEAST_EXTENSION > packet.length) return false
      const length = packet[at + 1]!
      if (next === FRAGMENT) {
        if (this.fragment !== 'none') return false
        const field = get16(packet, at + 2)
        // One that is the only fragment is whole. RFC 6946
        if ((field & (IPV6_OFFSET | IPV6_MORE)) !== 0)
          this.#isFragment(field & IPV6_OFFSET, get32(packet, at + 4), at + LEAST_EXTENSION)
      } else if (next === ROUTING) this.routing = at
      const kind = next
      next = packet[at]!
      at +=
        kind === FRAGMENT ? LEAST_EXTENSION : kind === AUTHENTICATION ? (length + 2) * 4 : (length + 1) * 8
    }
    this.protocol = next
    this.transport = at
    return at <= packet.length
  }

  #isFragment(offset: number, identification: number, fragmentable: number): void {
    this.fragment = offset === 0 ? 'first' : 'later'
    this.fragmentOffset = offset
    this.fragmentable = fragmentable
    this.identification = identification
  }
}
