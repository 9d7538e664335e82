import type { Packet } from '../api/packet.js'
import { get16, set16 } from '../bytes/network-order.js'
import { fold, sum } from '../bytes/ones-complement.js'
import { PacketHeaders } from '../ip/packet-headers.js'

/** Offset of the IPv4 header's checksum. RFC 791 section 3.1 */
const IPV4_CHECKSUM = 10
/** Offset of the segments that are left in an IPv6 routing header. RFC 8200 section 4.4 */
const SEGMENTS_LEFT = 3
const UDP = 17
const ICMP = 1
/** Offsets of checksums in the header of what is carried, by its number. RFC 9293, RFC 768, RFC 792, RFC 4443 */
const CHECKSUMS: Readonly<Record<number, number>> = { 1: 2, 6: 16, 17: 6, 58: 2 }

const headers = new PacketHeaders()

/**
 * Writes `value` over the bytes of a packet at `at`, and mends the checksums that cover them: that of the IPv4 header, and
 * that of TCP, UDP, ICMP or ICMPv6, partial or full, of super-packets too. A sum is changed by what changed, so one that was wrong
 * stays wrong (RFC 1624). A later fragment holds no checksum of what is carried, so none is mended there. Not for lengths,
 * the protocol, or a checksum itself: whoever makes a packet anew calls `writeChecksums`.
 *
 * @param packet changed in place.
 * @param at offset from the IP header's first byte.
 * @param value what is there afterwards.
 * @throws RangeError if it is no whole IP packet, or the bytes do not all lie within it.
 * @example
 * editPacket(packet, 16, Uint8Array.of(10, 0, 0, 7)) // another IPv4 destination
 */
export function editPacket(packet: Packet, at: number, value: Uint8Array): void {
  const { bytes } = packet
  if (at < 0 || at + value.length > bytes.length || !headers.read(bytes)) {
    throw new RangeError(`Cannot edit ${value.length} bytes at ${at}: they are not within a whole IP packet`)
  }
  const { addressBytes, destination, source, transport } = headers
  const field = checksumField(bytes)
  let ofHeader = 0
  let ofAddresses = 0
  let ofRest = 0
  for (let index = 0; index < value.length; index++) {
    const place = at + index
    // All headers have an even length, so a byte's place in the packet tells which half of a word it is.
    const change = (value[index]! - bytes[place]!) * (place % 2 === 0 ? 256 : 1)
    bytes[place] = value[index]!
    if (place < transport) {
      ofHeader += change
      const isSource = place >= source && place < source + addressBytes
      const isDestination = place >= destination && place < destination + addressBytes
      if (isSource || (isDestination && !isRoutedOn(bytes))) ofAddresses += change
    } else ofRest += change
  }
  if (headers.version === 4) set16(bytes, IPV4_CHECKSUM, mended(get16(bytes, IPV4_CHECKSUM), ofHeader))
  if (field === 0) return
  const covered = hasPseudoHeader() ? ofAddresses : 0
  const before = get16(bytes, field)
  if (packet.checksum === 'partial') set16(bytes, field, fold(before + positive(covered)))
  else if (before !== 0 || headers.protocol !== UDP) {
    const after = mended(before, covered + ofRest)
    set16(bytes, field, after === 0 && headers.protocol === UDP ? 0xffff : after) // 0 says that there is none
  }
}

/**
 * Writes the checksums of a packet that was made anew: the IPv4 header's, and as `checksum` says the partial or full one of
 * TCP, UDP, ICMP or ICMPv6, which fragments are left without. Not for a packet that a routing header sends on: its sum would
 * have to cover the last destination. RFC 8200 section 8.1
 *
 * @param packet changed in place.
 * @throws RangeError if it is no whole IP packet, or `checksum` is partial and nothing in it has one.
 * @example
 * const packet = packetOf(bytes)
 * writeChecksums(packet)
 */
export function writeChecksums(packet: Packet): void {
  const { bytes } = packet
  if (!headers.read(bytes)) throw new RangeError('Cannot write checksums: it is no whole IP packet')
  const { addressBytes, protocol, source, transport } = headers
  if (headers.version === 4) {
    set16(bytes, IPV4_CHECKSUM, 0)
    set16(bytes, IPV4_CHECKSUM, ~fold(sum(bytes, 0, transport)))
  }
  const field = headers.fragment === 'none' ? checksumField(bytes) : 0
  if (field === 0) {
    if (packet.checksum === 'full') return
    throw new RangeError(`Cannot write a partial checksum: protocol ${protocol} has none in this packet`)
  }
  const addresses = sum(bytes, source, source + 2 * addressBytes)
  const pseudo = hasPseudoHeader() ? addresses + protocol + bytes.length - transport : 0
  if (packet.checksum === 'partial') {
    set16(bytes, field, fold(pseudo))
    return
  }
  set16(bytes, field, 0)
  const total = ~fold(sum(bytes, transport, bytes.length, pseudo)) & 0xffff
  set16(bytes, field, total === 0 && protocol === UDP ? 0xffff : total)
}

/** Offset of the checksum of what a packet carries; 0 if it has none that is known. */
function checksumField(bytes: Uint8Array): number {
  const offset = CHECKSUMS[headers.protocol]
  if (offset === undefined || headers.fragment === 'later') return 0
  const at = headers.transport + offset
  return at + 2 > bytes.length ? 0 : at
}

/** ICMP's checksum covers no addresses. */
function hasPseudoHeader(): boolean {
  return headers.protocol !== ICMP
}

/** Whether a routing header sends a packet on: checksums cover its last destination. RFC 8200 section 8.1 */
function isRoutedOn(bytes: Uint8Array): boolean {
  return headers.routing > 0 && bytes[headers.routing + SEGMENTS_LEFT] !== 0
}

/** A checksum after what it covers changed. RFC 1624 section 3, eqn. 3 */
function mended(checksum: number, change: number): number {
  return ~fold((~checksum & 0xffff) + positive(change)) & 0xffff
}

/** The same in ones' complement, and no less than 0. */
function positive(change: number): number {
  return change === 0 ? 0 : (change % 0xffff) + 0xffff
}
