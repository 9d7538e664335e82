import type { Packet } from '../core/api/packet.js'
import { set16 } from '../core/bytes/network-order.js'
import { fold, sum } from '../core/bytes/ones-complement.js'
import { zero } from '../core/bytes/views.js'
import { checksumAt, makePartial, verify } from '../core/offload/checksum.js'
import { FLAG, Headers, parse, TCP, TCP_AT, UDP } from '../core/offload/ip.js'
import { MAX_SEGMENTS, segmentsOf } from '../core/offload/limits.js'

/** Bytes of struct virtio_net_hdr, which precedes each packet on a TUN device with IFF_VNET_HDR. */
export const VIRTIO_HEADER = 10

/**
 * Offsets in it (linux/virtio_net.h). Its 16-bit numbers are in the host's order: little-endian where Node
 * runs.
 */
const AT = { FLAGS: 0, TYPE: 1, HEADERS: 2, SEGMENT: 4, CHECKSUM_START: 6, CHECKSUM_OFFSET: 8 } as const
const NEEDS_CHECKSUM = 1
const NONE = 0
const TCP4 = 1
const TCP6 = 4
const UDP_SEGMENTS = 5
/** Bit of the type: the first segment bears CWR. */
const ECN = 0x80

const headers = new Headers()

/**
 * Tells a packet that the kernel delivered what its header says: sets `segmentSize` and `checksum`. False
 * where the packet has to be dropped. Where things lie comes from the packet, not from the header, but for
 * one case: the checksum that a tunnel inside the tunnel left partial is completed where the kernel says
 * that it lies.
 *
 * @param header memory with the header's 10 bytes at `at`
 */
export function decodeHeader(header: Uint8Array, at: number, packet: Packet): boolean {
  const { bytes } = packet
  const type = header[at + AT.TYPE]! & ~ECN
  const partial = (header[at + AT.FLAGS]! & NEEDS_CHECKSUM) !== 0
  packet.segmentSize = 0
  packet.checksum = 'full'
  if (type === NONE && !partial) return true
  const known = parse(bytes, headers)
  if (type === NONE) {
    const start = little16(header, at + AT.CHECKSUM_START)
    const field = start + little16(header, at + AT.CHECKSUM_OFFSET)
    if (known && start === headers.transport && field === checksumAt(headers)) packet.checksum = 'partial'
    else return completeAt(bytes, start, field)
    return true
  }
  packet.segmentSize = little16(header, at + AT.SEGMENT)
  packet.checksum = 'partial'
  if (!known || type !== typeOf(headers) || packet.segmentSize === 0) return false
  if (!partial) makePartial(bytes, headers)
  return true
}

/**
 * Writes the header for a packet that goes to the kernel. False if the kernel must not get the
 * packet: it should be a whole TCP or UDP packet and is not, its full checksum is wrong, or it stands for
 * too many segments.
 *
 * @param header memory with room for 10 bytes at `at`
 */
export function encodeHeader(packet: Packet, header: Uint8Array, at: number): boolean {
  const { bytes, segmentSize } = packet
  zero(header, at, at + VIRTIO_HEADER)
  if (segmentSize === 0 && packet.checksum === 'full') return true
  if (!parse(bytes, headers)) return false
  header[at + AT.FLAGS] = NEEDS_CHECKSUM
  setLittle16(header, at + AT.CHECKSUM_START, headers.transport)
  setLittle16(header, at + AT.CHECKSUM_OFFSET, checksumAt(headers) - headers.transport)
  if (segmentSize === 0) return true
  const payload = bytes.length - headers.payload
  if (!(segmentSize > 0 && segmentsOf(payload, segmentSize) <= MAX_SEGMENTS)) return false
  if (packet.checksum === 'full' && !verify(bytes, headers)) return false
  makePartial(bytes, headers)
  if (payload <= segmentSize) return true
  header[at + AT.TYPE] = typeOf(headers) | (bearsCwr(bytes) ? ECN : 0)
  setLittle16(header, at + AT.HEADERS, headers.payload)
  setLittle16(header, at + AT.SEGMENT, segmentSize)
  return true
}

function typeOf(of: Headers): number {
  if (of.protocol === UDP) return UDP_SEGMENTS
  return of.version === 4 ? TCP4 : TCP6
}

function bearsCwr(bytes: Uint8Array): boolean {
  return headers.protocol === TCP && (bytes[headers.transport + TCP_AT.FLAGS]! & FLAG.CWR) !== 0
}

/** Completes any partial ones' complement checksum; false if it would not lie within the packet. */
function completeAt(bytes: Uint8Array, start: number, field: number): boolean {
  if (start >= bytes.length || field + 2 > bytes.length) return false
  const value = ~fold(sum(bytes, start, bytes.length)) & 0xffff
  set16(bytes, field, value === 0 ? 0xffff : value)
  return true
}

function little16(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8)
}

function setLittle16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value
  bytes[at + 1] = value >> 8
}
