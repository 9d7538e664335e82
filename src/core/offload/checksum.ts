import { get16, set16 } from '../bytes/network-order.js'
import { fold, sum } from '../bytes/ones-complement.js'
import { type Headers, IP4, IP6, TCP, TCP_AT, UDP, UDP_AT } from './ip.js'

/** The sum of the pseudo-header (RFC 9293, RFC 8200) of the packet at `at`, without its length. Not folded. */
export function pseudoHeader(bytes: Uint8Array, headers: Headers, at = 0): number {
  if (headers.version === 4) return sum(bytes, at + IP4.SOURCE, at + IP4.SOURCE + 8, headers.protocol)
  return sum(bytes, at + IP6.SOURCE, at + IP6.SOURCE + 32, headers.protocol)
}

/** Offset of the transport checksum in its packet. */
export function checksumAt(headers: Headers): number {
  return headers.transport + (headers.protocol === TCP ? TCP_AT.CHECKSUM : UDP_AT.CHECKSUM)
}

/**
 * The checksum field for a sum over what it covers: UDP sends 0xffff for 0, as 0 means that there is none.
 */
export function fieldOf(total: number, protocol: number): number {
  const field = ~fold(total) & 0xffff
  return field === 0 && protocol === UDP ? 0xffff : field
}

/**
 * Makes a packet's transport checksum partial, whatever it was: the sum of its pseudo-header, not inverted.
 */
export function makePartial(packet: Uint8Array, headers: Headers): void {
  const total = pseudoHeader(packet, headers) + packet.length - headers.transport
  set16(packet, checksumAt(headers), fold(total))
}

/** Completes a packet's partial transport checksum. */
export function complete(packet: Uint8Array, headers: Headers): void {
  const total = sum(packet, headers.transport, packet.length)
  set16(packet, checksumAt(headers), fieldOf(total, headers.protocol))
}

/** Whether the full transport checksum of the packet at `at` is there and right. */
export function verify(bytes: Uint8Array, headers: Headers, at = 0, length = bytes.length): boolean {
  if (headers.protocol === UDP && get16(bytes, at + checksumAt(headers)) === 0) return false
  const total = pseudoHeader(bytes, headers, at) + length - headers.transport
  return fold(sum(bytes, at + headers.transport, at + length, total)) === 0xffff
}

/** Writes an IPv4 packet's header checksum. */
export function writeIp4Checksum(packet: Uint8Array, header: number): void {
  set16(packet, IP4.CHECKSUM, 0)
  set16(packet, IP4.CHECKSUM, ~fold(sum(packet, 0, header)))
}

/** Whether the header checksum of the IPv4 packet at `at` is right. */
export function verifyIp4(bytes: Uint8Array, header: number, at = 0): boolean {
  return fold(sum(bytes, at, at + header)) === 0xffff
}
