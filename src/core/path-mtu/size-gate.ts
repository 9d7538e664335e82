import { MIN_MTU } from '../api/config.js'
import { HEADROOM, type Packet, TAILROOM } from '../api/packet.js'
import type { TunDevice } from '../api/tun-device.js'
import type { AnswerLimit } from './answer-limit.js'
import { writeFragmentationNeeded, writePacketTooBig } from './icmp-too-big.js'
import { clampMss } from './mss-clamp.js'
import { packetSize } from './packet-size.js'

/** Bytes of the longest answer, which is IPv6's. RFC 4443 section 3.2 */
const LONGEST_ANSWER = MIN_MTU

// RFC 791 section 3.1
const IPV4_FRAGMENT = 6
const DONT_FRAGMENT = 0x40
const IPV4_OFFSET_MASK = 0x1f
const IPV4_PROTOCOL = 9
const IPV4_SOURCE = 12
const IPV4_DESTINATION = 16
// RFC 8200 section 3
const IPV6_HEADER = 40
const IPV6_NEXT_HEADER = 6
const IPV6_SOURCE = 8
const IPV6_DESTINATION = 24
const ICMP = 1
const ICMPV6 = 58
/** ICMP messages that are questions or their answers, about which others may be sent. RFC 1122 section 3.2.2 */
const ICMP_QUESTIONS = [0, 8, 13, 14]
/** The first type of ICMPv6 that is not an error. RFC 4443 section 2.1 */
const ICMPV6_FIRST_NO_ERROR = 128

/** What is to be known of the way to a peer. */
export interface GatedPath {
  /** Bytes of the largest packet that reaches the peer whole. */
  readonly mtu: number
  readonly answers: AnswerLimit
}

/**
 * Keeps packets within what reaches their peer whole: what is too large does not leave, and the host is told by ICMP
 * to send less; connections that are being opened agree on segments that fit. What nobody may be asked to make
 * smaller leaves all the same, for the cipher to fragment: IPv4 packets without the "don't fragment" bit, and IPv6
 * packets of 1280 bytes.
 */
export class SizeGate {
  /** Bytes of the largest packet of the TUN device. */
  deviceMtu: number
  readonly #tun: TunDevice
  readonly #answer = new Uint8Array(HEADROOM + LONGEST_ANSWER + TAILROOM)

  constructor(tun: TunDevice, deviceMtu: number) {
    this.#tun = tun
    this.deviceMtu = deviceMtu
  }

  /** Whether a packet may leave by this path; undefined if any of the TUN device's may. */
  lets(packet: Packet, path: GatedPath | undefined, now: number): boolean {
    if (path !== undefined && packet.bytes.length > path.mtu && this.#isTooLarge(packet, path.mtu)) {
      this.#tell(packet.bytes, path, now)
      return false
    }
    this.clamp(packet, path)
    return true
  }

  /** Lowers the size of segments that a connection by this path may use, if it is being opened. */
  clamp(packet: Packet, path: GatedPath | undefined): void {
    clampMss(packet, path === undefined ? this.deviceMtu : Math.min(path.mtu, this.deviceMtu))
  }

  #isTooLarge(packet: Packet, mtu: number): boolean {
    const size = packetSize(packet)
    if (size <= mtu) return false
    if (packet.bytes[0]! >> 4 === 4) return (packet.bytes[IPV4_FRAGMENT]! & DONT_FRAGMENT) !== 0
    return size > MIN_MTU
  }

  #tell(packet: Uint8Array, { mtu, answers }: GatedPath, now: number): void {
    const isIpv4 = packet[0]! >> 4 === 4
    if (!(isIpv4 ? mayAnswerIpv4(packet) : mayAnswerIpv6(packet)) || !answers.allows(now)) return
    const room = this.#answer.subarray(HEADROOM, HEADROOM + LONGEST_ANSWER)
    const length = isIpv4
      ? writeFragmentationNeeded(packet, mtu, room)
      : writePacketTooBig(packet, Math.max(MIN_MTU, mtu), room)
    this.#tun.write([{ bytes: room.subarray(0, length), segmentSize: 0, checksum: 'full' }])
  }
}

/** RFC 1122 section 3.2.2: no answer to errors, later fragments, and what came from or went to no single host. */
function mayAnswerIpv4(packet: Uint8Array): boolean {
  if ((packet[IPV4_FRAGMENT]! & IPV4_OFFSET_MASK) !== 0 || packet[IPV4_FRAGMENT + 1] !== 0) return false
  const type = packet[(packet[0]! & 0x0f) * 4]!
  if (packet[IPV4_PROTOCOL] === ICMP && !ICMP_QUESTIONS.includes(type)) return false
  return [packet[IPV4_SOURCE]!, packet[IPV4_DESTINATION]!].every(
    (first) => first > 0 && first < 224 && first !== 127,
  )
}

/** RFC 4443 section 2.4 (e) */
function mayAnswerIpv6(packet: Uint8Array): boolean {
  if (packet[IPV6_NEXT_HEADER] === ICMPV6 && packet[IPV6_HEADER]! < ICMPV6_FIRST_NO_ERROR) return false
  return [IPV6_SOURCE, IPV6_DESTINATION].every((at) => {
    const network = packet.subarray(at, at + 15)
    return network[0] !== 0xff && network.some((byte) => byte !== 0) // neither a group, nor :: or ::1
  })
}
