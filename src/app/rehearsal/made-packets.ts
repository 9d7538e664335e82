import { HEADROOM, type Packet, TAILROOM } from '../../core/api/packet.js'
import { set16, set32 } from '../../core/bytes/network-order.js'
import { part } from '../../core/bytes/views.js'
import { complete, makePartial, writeIp4Checksum } from '../../core/offload/checksum.js'
import type { Allocate } from '../../core/offload/index.js'
import {
  DONT_FRAGMENT,
  FLAG,
  Headers,
  IP4,
  IP4_HEADER,
  IP6,
  IP6_HEADER,
  parse,
  TCP,
  TCP_AT,
  TCP_HEADER,
  UDP,
  UDP_AT,
  UDP_HEADER,
} from '../../core/offload/ip.js'

/** IANA's number of ICMP. */
const ICMP = 1
const ECHO_REQUEST = 8
const ICMP_HEADER = 8
const ICMP_CHECKSUM_AT = 2

/** Two no-operations and a timestamp, as Linux puts into each segment. RFC 7323 */
const TIMESTAMP_OPTION = [1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2]
/** A maximum segment size of 1460, selective acknowledgments allowed, and a window's scale. RFC 9293, RFC 2018 */
const SYN_OPTIONS = [2, 4, 5, 180, 4, 2, 1, 1, 1, 3, 3, 7]
const OPTION_BYTES = 12

/** The last byte of each host's addresses, 10.0.0.X and fd00::X. */
export const [NEAR_HOST, FAR_HOST] = [1, 2] as const
const SERVER_PORT = 5201
const FIRST_CLIENT_PORT = 40_000
const WINDOW = 500
/** Where streams begin, by their direction: real ones begin anywhere, and pass 2^31 and 2^32, to V8 no small whole numbers. */
const FIRST_SEQUENCES = { forth: 0x7fff_ff00, back: 0xffff_ff00 } as const
const TTL = 64

/** Bytes of the headers of a segment, without its payload. */
export const SEGMENT_HEADERS = {
  4: IP4_HEADER + TCP_HEADER + OPTION_BYTES,
  6: IP6_HEADER + TCP_HEADER + OPTION_BYTES,
} as const

/** What a made-up packet looks like. */
export interface Look {
  readonly version: 4 | 6
  readonly protocol: 'tcp' | 'udp' | 'icmp'
  /** Bytes behind the headers. */
  readonly payload: number
  /** Whether it goes from the near host to the far one. */
  readonly forth: boolean
  /** Bytes of each segment of a super-packet; no super-packet if absent. */
  readonly segmentSize?: number
  /** Full if absent. */
  readonly checksum?: Packet['checksum']
  /** Whether it opens a connection. */
  readonly opens?: boolean
  /** Whether it asks to be handed on at once, as what ends a write does. */
  readonly pushes?: boolean
  /** Where its payload lies in the stream of TCP; 0 if absent. */
  readonly sequence?: number
  /** Which of several flows between the two hosts it belongs to; 0 if absent. */
  readonly flow?: number
}

const PROTOCOLS = { tcp: TCP, udp: UDP, icmp: ICMP } as const
const headers = new Headers()

/** Makes a packet that looks so, with its checksums, in memory from `allocate`. */
export function madePacket(look: Look, allocate: Allocate): Packet {
  const { checksum = 'full', protocol, segmentSize = 0, version } = look
  const network = version === 4 ? IP4_HEADER : IP6_HEADER
  const transport = { tcp: TCP_HEADER + OPTION_BYTES, udp: UDP_HEADER, icmp: ICMP_HEADER }[protocol]
  const length = network + transport + look.payload
  const bytes = part(allocate(HEADROOM + length + TAILROOM), HEADROOM, HEADROOM + length)
  if (version === 4) writeIp4(bytes, look)
  else writeIp6(bytes, look)
  if (protocol === 'tcp') writeTcp(bytes, network, look)
  else if (protocol === 'udp') writeUdp(bytes, network, look)
  else writePing(bytes, network)
  if (parse(bytes, headers)) {
    makePartial(bytes, headers)
    if (checksum === 'full') complete(bytes, headers)
  }
  return { bytes, segmentSize, checksum }
}

function writeIp4(bytes: Uint8Array, { forth, protocol }: Look): void {
  bytes[0] = 0x45
  set16(bytes, IP4.LENGTH, bytes.length)
  set16(bytes, IP4.FRAGMENT, DONT_FRAGMENT)
  bytes[IP4.TTL] = TTL
  bytes[IP4.PROTOCOL] = PROTOCOLS[protocol]
  const [from, to] = forth ? [NEAR_HOST, FAR_HOST] : [FAR_HOST, NEAR_HOST]
  bytes.set([10, 0, 0, from, 10, 0, 0, to], IP4.SOURCE)
  writeIp4Checksum(bytes, IP4_HEADER)
}

function writeIp6(bytes: Uint8Array, { forth, protocol }: Look): void {
  bytes[0] = 0x60
  set16(bytes, IP6.LENGTH, bytes.length - IP6_HEADER)
  bytes[IP6.NEXT] = PROTOCOLS[protocol]
  bytes[IP6.NEXT + 1] = TTL
  for (const [at, host] of [
    [IP6.SOURCE, forth ? NEAR_HOST : FAR_HOST],
    [IP6.SOURCE + 16, forth ? FAR_HOST : NEAR_HOST],
  ] as const) {
    bytes[at] = 0xfd
    bytes[at + 15] = host
  }
}

function writePorts(bytes: Uint8Array, at: number, { flow = 0, forth }: Look): void {
  const client = FIRST_CLIENT_PORT + flow
  set16(bytes, at, forth ? client : SERVER_PORT)
  set16(bytes, at + 2, forth ? SERVER_PORT : client)
}

function writeTcp(bytes: Uint8Array, at: number, look: Look): void {
  const { forth, opens = false, pushes = false, sequence = 0 } = look
  const { back, forth: ahead } = FIRST_SEQUENCES
  writePorts(bytes, at, look)
  set32(bytes, at + TCP_AT.SEQUENCE, ((forth ? ahead : back) + sequence) | 0)
  set32(bytes, at + TCP_AT.ACK, (forth ? back : ahead) | 0)
  bytes[at + TCP_AT.LENGTH] = ((TCP_HEADER + OPTION_BYTES) / 4) << 4
  bytes[at + TCP_AT.FLAGS] = opens ? FLAG.SYN | (forth ? 0 : FLAG.ACK) : FLAG.ACK | (pushes ? FLAG.PSH : 0)
  set16(bytes, at + TCP_AT.WINDOW, WINDOW)
  bytes.set(opens ? SYN_OPTIONS : TIMESTAMP_OPTION, at + TCP_HEADER)
}

function writeUdp(bytes: Uint8Array, at: number, look: Look): void {
  writePorts(bytes, at, look)
  set16(bytes, at + UDP_AT.LENGTH, bytes.length - at)
}

/** Its payload is zeros, which add nothing to the checksum. */
function writePing(bytes: Uint8Array, at: number): void {
  bytes[at] = ECHO_REQUEST
  set16(bytes, at + ICMP_CHECKSUM_AT, ~(ECHO_REQUEST << 8))
}
