import type { Packet } from '../../../core/api/packet.js'
import type { RecurringViews } from '../../../core/bytes/recurring-views.js'

/** The first byte of a super-packet's frame. A plain packet begins with its IP version. */
export const SUPER_FRAME = 0x01
/** The first byte of a fragment of a packet that no datagram of the path can hold. */
export const FRAGMENT_FRAME = 0x02
/** The first byte of Qanat's own messages. */
export const CONTROL_FRAME = 0x00

/** Bytes before a super-packet: the first byte, flags, and the segment size, big-endian. */
export const SUPER_HEADER = 4
const FLAGS_AT = 1
const SEGMENT_SIZE_AT = 2
/** The transport checksum of the super-packet is partial. */
const PARTIAL_FLAG = 0x01

/** Set in the first byte of a plain packet whose transport checksum is partial: 4 becomes 12, 6 becomes 14. */
export const PARTIAL_BIT = 0x80

// RFC 791 section 3.1, RFC 8200 section 3
const IPV4_HEADER = 20
const IPV4_LENGTH_AT = 2
const IPV6_HEADER = 40
const IPV6_LENGTH_AT = 4

/** What was found inside a seal. */
export type FrameKind = 'packet' | 'fragment' | 'keepalive' | 'control' | 'malformed'

/** Writes what stands before a super-packet. */
export function writeSuperHeader(bytes: Uint8Array, at: number, packet: Packet): void {
  bytes[at] = SUPER_FRAME
  bytes[at + FLAGS_AT] = packet.checksum === 'partial' ? PARTIAL_FLAG : 0
  bytes[at + SEGMENT_SIZE_AT] = packet.segmentSize >>> 8
  bytes[at + SEGMENT_SIZE_AT + 1] = packet.segmentSize
}

/**
 * Reads the text of `length` bytes from `at` on. A packet is written into `packet`, as a view without the padding
 * that follows it, which is one of `views` for its `place` in a batch.
 */
export function readFrame(
  bytes: Uint8Array,
  at: number,
  length: number,
  packet: Packet,
  views: RecurringViews,
  place: number,
): FrameKind {
  if (length === 0) return 'keepalive'
  const first = bytes[at]!
  if (first === CONTROL_FRAME) return 'control'
  if (first === FRAGMENT_FRAME) return 'fragment'
  const front = readForm(bytes, at, length, packet)
  if (front < 0) return 'malformed'
  const from = at + front
  const whole = packetLength(bytes, from, length - front)
  if (whole === 0) return 'malformed'
  packet.bytes = views.part(place, bytes, from, from + whole)
  return 'packet'
}

/** Reads how a packet is sent on. Returns the bytes before it; -1 if that is malformed. */
function readForm(bytes: Uint8Array, at: number, length: number, packet: Packet): number {
  const first = bytes[at]!
  if (first !== SUPER_FRAME) {
    packet.segmentSize = 0
    packet.checksum = first & PARTIAL_BIT ? 'partial' : 'full'
    bytes[at] = first & ~PARTIAL_BIT
    return 0
  }
  if (length < SUPER_HEADER) return -1
  packet.checksum = bytes[at + FLAGS_AT]! & PARTIAL_FLAG ? 'partial' : 'full'
  packet.segmentSize = (bytes[at + SEGMENT_SIZE_AT]! << 8) | bytes[at + SEGMENT_SIZE_AT + 1]!
  return packet.segmentSize === 0 ? -1 : SUPER_HEADER
}

/** Whether a text of at least one byte that begins with `first` is a packet, whole and alone, or nothing that is known. */
export function isPlain(first: number): boolean {
  return first !== CONTROL_FRAME && first !== SUPER_FRAME && first !== FRAGMENT_FRAME
}

/** The length of the IP packet at `at` by its own header; 0 if it is none, or longer than `available`. */
export function packetLength(bytes: Uint8Array, at: number, available: number): number {
  const version = bytes[at]! >>> 4
  if (version === 4 && available >= IPV4_HEADER) {
    const length = (bytes[at + IPV4_LENGTH_AT]! << 8) | bytes[at + IPV4_LENGTH_AT + 1]!
    return length >= IPV4_HEADER && length <= available ? length : 0
  }
  if (version === 6 && available >= IPV6_HEADER) {
    const length = IPV6_HEADER + ((bytes[at + IPV6_LENGTH_AT]! << 8) | bytes[at + IPV6_LENGTH_AT + 1]!)
    return length <= available ? length : 0
  }
  return 0
}
