import { type Packet, packetOf } from '../../core/api/packet.js'
import type { TunAddress } from '../../core/api/tun-device.js'
import { writeChecksums } from '../../core/hooks/edit-packet.js'
import { PacketHeaders } from '../../core/ip/packet-headers.js'
import { IP4, IP4_HEADER, UDP, UDP_AT, UDP_HEADER } from '../../core/offload/ip.js'

const TTL = 64
/** Bytes of the headers of what the cases send. */
export const HEADERS = IP4_HEADER + UDP_HEADER

/** An IPv4 address and a UDP port. */
export interface TunPort {
  readonly address: string
  readonly port: number
}

/** The two ends of the cases' datagrams: `local` is the host's, on the device, and `far` is reached through it. */
export interface TunPlace {
  readonly local: TunPort
  readonly far: TunPort
}

/** RFC 5737 reserves these addresses for documentation, so nothing else has them. */
export const PLACE: TunPlace = {
  local: { address: '192.0.2.1', port: 4_000 },
  far: { address: '192.0.2.2', port: 4_001 },
}

/** The device's addresses, which route `far` to it. */
export const ADDRESSES: readonly TunAddress[] = [{ local: PLACE.local.address, peer: undefined, prefix: 24 }]

const headers = new PacketHeaders()

/**
 * Makes a UDP packet, for a `TunHost` other than the kernel to send.
 *
 * @param from source address and port; IPv4 only.
 * @param to destination address and port; IPv4 only.
 * @param payload what the datagram carries; copied.
 * @throws nothing.
 * @example
 * const packet = udpPacket({ address: '192.0.2.1', port: 4000 }, { address: '192.0.2.2', port: 4001 }, payload)
 */
export function udpPacket(from: TunPort, to: TunPort, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(HEADERS + payload.length)
  const view = new DataView(bytes.buffer)
  bytes[0] = 0x45 // IPv4, a header of five words
  view.setUint16(IP4.LENGTH, bytes.length)
  bytes[IP4.TTL] = TTL
  bytes[IP4.PROTOCOL] = UDP
  bytes.set(
    [from, to].flatMap(({ address }) => address.split('.').map(Number)),
    IP4.SOURCE,
  )
  view.setUint16(IP4_HEADER, from.port)
  view.setUint16(IP4_HEADER + 2, to.port)
  view.setUint16(IP4_HEADER + UDP_AT.LENGTH, UDP_HEADER + payload.length)
  bytes.set(payload, HEADERS)
  writeChecksums({ bytes, segmentSize: 0, checksum: 'full' })
  return bytes
}

/** A datagram for the host, as it is lent to a device. */
export function packetToHost(payload: Uint8Array): Packet {
  return packetOf(udpPacket(PLACE.far, PLACE.local, payload))
}

/**
 * A view of a packet's UDP payload; undefined for anything but UDP over IPv4, such as what a kernel sends by itself.
 *
 * @param bytes the packet, from its IP header on.
 * @throws nothing.
 * @example
 * const payload = udpPayload(packet)
 */
export function udpPayload(bytes: Uint8Array): Uint8Array | undefined {
  const isDatagram = headers.read(bytes) && headers.version === 4 && headers.protocol === UDP
  return isDatagram ? bytes.subarray(headers.transport + UDP_HEADER) : undefined
}

/** The payloads that a packet of the device stands for: several if it is a super-packet. */
export function payloadsOf({ bytes, segmentSize }: Packet): Uint8Array[] {
  const payload = udpPayload(bytes)
  if (payload === undefined) return []
  if (segmentSize === 0) return [payload]
  const count = Math.ceil(payload.length / segmentSize)
  return Array.from({ length: count }, (_, at) => payload.subarray(at * segmentSize, (at + 1) * segmentSize))
}
