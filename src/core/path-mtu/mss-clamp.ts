import type { Packet } from '../api/packet.js'
import { get16, set16 } from '../bytes/network-order.js'
import { fold } from '../bytes/ones-complement.js'

// RFC 791 section 3.1, RFC 8200 section 3
const IPV4_FRAGMENT = 6
const FRAGMENT_OFFSET_MASK = 0x1fff
const IPV4_PROTOCOL = 9
const IPV4_HEADER = 20
const IPV6_NEXT_HEADER = 6
const IPV6_HEADER = 40
// RFC 9293 section 3.1
const TCP = 6
const TCP_HEADER = 20
const DATA_OFFSET = 12
const FLAGS = 13
const SYN = 0x02
const CHECKSUM = 16
// RFC 9293 section 3.2
const END_OF_OPTIONS = 0
const NO_OPERATION = 1
const MSS = 2
const MSS_BYTES = 4

/**
 * Lowers what a TCP connection that is being opened says about its largest segments, so that they become packets of
 * `mtu` bytes at the most (RFC 6691); its checksum is adjusted, a partial one does not cover it. Everything else
 * is left as it is, after a look at two of its bytes.
 */
export function clampMss(packet: Packet, mtu: number): void {
  const { bytes } = packet
  const isIpv4 = bytes[0]! >> 4 === 4
  if (bytes[isIpv4 ? IPV4_PROTOCOL : IPV6_NEXT_HEADER] !== TCP || packet.segmentSize !== 0) return
  const tcp = isIpv4 ? (bytes[0]! & 0x0f) * 4 : IPV6_HEADER
  if ((bytes[tcp + FLAGS]! & SYN) === 0 || (isIpv4 && isLaterFragment(bytes))) return
  const options = tcp + TCP_HEADER
  const end = tcp + (bytes[tcp + DATA_OFFSET]! >> 4) * 4
  if (end > bytes.length) return
  const at = findMss(bytes, options, end)
  const most = mtu - TCP_HEADER - (isIpv4 ? IPV4_HEADER : IPV6_HEADER)
  if (at > 0 && get16(bytes, at) > most) write(packet, tcp, at, most)
}

/** Where the value of the option is; 0 if there is none. */
function findMss(bytes: Uint8Array, from: number, end: number): number {
  for (let at = from; at < end; ) {
    const kind = bytes[at]!
    if (kind === END_OF_OPTIONS) return 0
    if (kind === NO_OPERATION) at++
    else {
      const length = bytes[at + 1] ?? 0
      if (length < 2 || at + length > end) return 0
      if (kind === MSS) return length === MSS_BYTES ? at + 2 : 0
      at += length
    }
  }
  return 0
}

/** Writes the value, and takes its change over into a full checksum: RFC 1624 section 3, eqn. 3. */
function write({ bytes, checksum }: Packet, tcp: number, at: number, value: number): void {
  const before = get16(bytes, at)
  set16(bytes, at, value)
  if (checksum === 'partial') return
  // A value that does not lie on a word of the checksum counts with its bytes swapped.
  const odd = (at - tcp) % 2 === 1
  const change = odd ? swapped(~before & 0xffff) + swapped(value) : (~before & 0xffff) + value
  const sum = ~fold((~get16(bytes, tcp + CHECKSUM) & 0xffff) + change)
  set16(bytes, tcp + CHECKSUM, sum)
}

function isLaterFragment(bytes: Uint8Array): boolean {
  return (get16(bytes, IPV4_FRAGMENT) & FRAGMENT_OFFSET_MASK) !== 0
}

function swapped(word: number): number {
  return ((word & 0xff) << 8) | (word >>> 8)
}
