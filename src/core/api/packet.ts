import { bufferOf, offsetOf } from '../bytes/views.js'

/**
 * One IP packet of the tunnel's inside, or a super-packet that stands for many.
 *
 * Packets are lent: `bytes` is valid until the call that passed it returns. Copy it to keep it.
 */
export interface Packet {
  /**
   * The packet from its IP header on. Its `ArrayBuffer` holds HEADROOM bytes before and TAILROOM bytes after
   * it that the borrower of the packet may overwrite, so it can be sealed in place.
   */
  bytes: Uint8Array
  /** Payload bytes per segment of a super-packet; 0 if the packet is not a super-packet. */
  segmentSize: number
  /** `partial`: the transport checksum holds the pseudo-header's sum only, and the receiving kernel completes it. */
  checksum: 'full' | 'partial'
}

/** Bytes of scratch room before each packet: a cipher's header, its frame header, and a stream's framing. */
export const HEADROOM = 64

/** Bytes of scratch room after each packet: a cipher's padding and its tag. */
export const TAILROOM = 64

/** Bytes. The largest packet, super-packets included: the largest IPv4 packet. */
export const MAX_PACKET = 65_535

/** Whether `bytes` has the room around it that a borrower of a packet may rely on. */
export function hasRoom(bytes: Uint8Array): boolean {
  const offset = offsetOf(bytes)
  return offset >= HEADROOM && bufferOf(bytes).byteLength - offset - bytes.length >= TAILROOM
}

/**
 * A plain packet in memory of its own, with room around it.
 *
 * @param bytes the packet from its IP header on; they are copied.
 * @throws nothing: whether it is a packet is not looked at.
 * @example
 * const packet = packetOf(Uint8Array.of(0x45, 0, 0, 20, 0, 0, 0, 0, 64, 59, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2))
 * writeChecksums(packet)
 */
export function packetOf(bytes: Uint8Array): Packet {
  const memory = new Uint8Array(HEADROOM + bytes.length + TAILROOM)
  memory.set(bytes, HEADROOM)
  return { bytes: memory.subarray(HEADROOM, HEADROOM + bytes.length), segmentSize: 0, checksum: 'full' }
}
