import { HEADROOM, type Packet, TAILROOM } from '../../core/api/packet.js'
import type { HookOperation } from '../../core/api/packet-hook.js'
import { writeChecksums } from '../../core/hooks/edit-packet.js'
import { PacketHeaders } from '../../core/ip/packet-headers.js'
import { guarded, randomBytes } from '../kit/packets.js'

/** Bytes. */
const IPV4_HEADER = 20
const IPV6_HEADER = 40
const ICMP = 1
const TCP = 6
const UDP = 17
const ICMP6 = 58
/** Of an IPv4 fragment: more follow; it begins at byte 8. RFC 791 section 3.1 */
const MORE_FRAGMENTS = 0x2000
const LATER_FRAGMENT = 1
const TTL = 64
/** Bytes of a header of TCP without options, and its place for that, in units of 4 bytes. RFC 9293 section 3.1 */
const TCP_HEADER = 20
const TCP_LENGTH_AT = 12
const UDP_LENGTH_AT = 4

const headers = new PacketHeaders()

/** A packet that is lent, whose surroundings are watched. */
export interface GuardedSample extends Packet {
  /** Whether nothing was written but to the packet, and if it is outgoing the room around it. */
  intact(): boolean
}

/** The packet in memory as a tunnel lends it. */
export function guardedSample({ bytes, segmentSize, checksum }: Packet, way: HookOperation): GuardedSample {
  const [before, after] = way === 'outgoing' ? [HEADROOM, TAILROOM] : [0, 0]
  return { ...guarded(bytes, before, after), segmentSize, checksum }
}

/** Packets of many kinds with right checksums, from short ones to those of `mtu` bytes. */
export function soundPackets(mtu: number, random: () => number): Packet[] {
  const sizes = [0, 1, 100, mtu]
  return [4, 6].flatMap((version) =>
    [TCP, UDP, version === 4 ? ICMP : ICMP6, 132].flatMap((protocol) =>
      sizes.map((size) => soundPacket(version, protocol, size, mtu, random)),
    ),
  )
}

/** Those of a file in pieces, whose later fragments have no header of what they carry. */
export function fragments(random: () => number): Packet[] {
  return [MORE_FRAGMENTS, MORE_FRAGMENTS | LATER_FRAGMENT, LATER_FRAGMENT].map((fragment) => {
    const packet = soundPacket(4, UDP, 64, 1280, random)
    new DataView(packet.bytes.buffer).setUint16(6, fragment)
    writeChecksums(packet)
    return packet
  })
}

/** A super-packet of TCP, with the partial checksum that the kernel leaves it. */
export function superPacket(random: () => number): Packet {
  const packet: Packet = { ...soundPacket(4, TCP, 30_000, 65_535, random), checksum: 'partial' }
  writeChecksums(packet)
  return { ...packet, segmentSize: 1_200 }
}

/** Packets with whole IP headers and anything behind these, as a peer may make them. */
export function wildPackets(count: number, mtu: number, random: () => number): Packet[] {
  return Array.from({ length: count }, (_, index) => {
    const version = index % 2 === 0 ? 4 : 6
    const header = version === 4 ? IPV4_HEADER : IPV6_HEADER
    const length = header + Math.floor(random() * (random() < 0.5 ? 40 : mtu - header))
    const bytes = randomBytes(length, random)
    writeIpHeader(bytes, version, [TCP, UDP, ICMP, ICMP6, 0, 43, 44, 60][index % 8]!)
    return { bytes, segmentSize: 0, checksum: 'full' as const }
  })
}

/** Whether a packet's checksums are right; a packet that is not whole has none. */
export function hasRightChecksums({ bytes, checksum }: Packet): boolean {
  if (!headers.read(bytes) || headers.routing > 0) return true
  const anew = Uint8Array.from(bytes)
  writeChecksums({ bytes: anew, segmentSize: 0, checksum })
  return Buffer.compare(anew, bytes) === 0
}

function soundPacket(
  version: number,
  protocol: number,
  size: number,
  mtu: number,
  random: () => number,
): Packet {
  const header = version === 4 ? IPV4_HEADER : IPV6_HEADER
  const least = header + (protocol === TCP ? TCP_HEADER : 8)
  const bytes = randomBytes(Math.min(mtu, Math.max(least, size)), random)
  writeIpHeader(bytes, version, protocol)
  const view = new DataView(bytes.buffer)
  if (protocol === TCP) bytes[header + TCP_LENGTH_AT] = (TCP_HEADER / 4) << 4
  if (protocol === UDP) view.setUint16(header + UDP_LENGTH_AT, bytes.length - header)
  const packet: Packet = { bytes, segmentSize: 0, checksum: 'full' }
  writeChecksums(packet)
  return packet
}

/** Writes over the beginning of random bytes, but for the addresses; of IPv4 with the checksum. */
function writeIpHeader(bytes: Uint8Array, version: number, protocol: number): void {
  const view = new DataView(bytes.buffer)
  if (version === 4) {
    bytes.set([0x45, 0])
    view.setUint16(2, bytes.length)
    view.setUint16(6, 0) // no fragment
    bytes.set([TTL, protocol], 8)
  } else {
    bytes.set([0x60, 0, 0, 0])
    view.setUint16(4, bytes.length - IPV6_HEADER)
    bytes.set([protocol, TTL], 6)
  }
}
