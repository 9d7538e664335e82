// @ts-check
import { PacketHeaders } from 'qanat/plugin'

const ICMP = 1
const TCP = 6
const UDP = 17
const ICMPV6 = 58
/** Bytes of the shortest header that tells all that is asked for: TCP's flags are its 14th byte. */
const LEAST = new Map([
  [TCP, 14],
  [UDP, 8],
  [ICMP, 8],
  [ICMPV6, 8],
])
const TCP_FLAGS = 13
const FIN = 1
const SYN = 2
const RST = 4
/** ICMP messages with an identifier, which stands for ports: echo, timestamp; of IPv6 echo. RFC 792, RFC 4443 */
const ICMP_QUERIES = [0, 8, 13, 14]
const ICMPV6_QUERIES = [128, 129]
/** ICMP messages about another packet, which follows their header: not there, quench, too late, wrong. RFC 792 */
const ICMP_ERRORS = [3, 4, 11, 12]
/** Of IPv6, those below: RFC 4443 section 2.1. */
const ICMPV6_FIRST_NO_ERROR = 128
const ICMP_HEADER = 8

/** What a filter knows of a packet. One is made once and filled anew for each packet. */
export class Facts {
  headers = new PacketHeaders()
  /** @type {'in' | 'out'} */
  direction = 'out'
  /** @type {Uint8Array} */
  bytes = new Uint8Array(0)
  /** Ports; the identifier of an ICMP query; else 0. */
  sourcePort = 0
  destinationPort = 0
  /** Whether it says that a TCP connection begins. */
  begins = false
  /** Whether it says that one ends. */
  ends = false
  /** Offset of the packet that an ICMP error is about; 0 if it is none. */
  about = 0

  /**
   * Reads a packet. False if it, or a header that is asked about, is not whole.
   *
   * @param {Uint8Array} bytes
   * @param {'in' | 'out'} direction
   * @param {boolean} isWhole Whether all of the packet is there; else no more than what an ICMP error quotes.
   */
  read(bytes, direction, isWhole = true) {
    const { headers } = this
    this.bytes = bytes
    this.direction = direction
    this.sourcePort = 0
    this.destinationPort = 0
    this.begins = false
    this.ends = false
    this.about = 0
    if (!headers.read(bytes, isWhole)) return false
    if (headers.fragment === 'later') return true
    const at = headers.transport
    const { protocol } = headers
    const least = isWhole ? (LEAST.get(protocol) ?? 0) : Math.min(8, LEAST.get(protocol) ?? 0)
    if (at + least > bytes.length) return false
    if (protocol === TCP || protocol === UDP) {
      this.sourcePort = get16(bytes, at)
      this.destinationPort = get16(bytes, at + 2)
      if (protocol === TCP && isWhole) this.#readFlags(byte(bytes, at + TCP_FLAGS))
    } else if (protocol === ICMP || protocol === ICMPV6) this.#readIcmp(bytes, at, protocol)
    return true
  }

  /** @type {(flags: number) => void} */
  #readFlags(flags) {
    this.ends = (flags & (FIN | RST)) !== 0
    this.begins = (flags & SYN) !== 0 && !this.ends
  }

  /** @type {(bytes: Uint8Array, at: number, protocol: number) => void} */
  #readIcmp(bytes, at, protocol) {
    const type = byte(bytes, at)
    const queries = protocol === ICMP ? ICMP_QUERIES : ICMPV6_QUERIES
    if (queries.includes(type)) {
      this.sourcePort = get16(bytes, at + 4)
      this.destinationPort = this.sourcePort
    }
    const isError = protocol === ICMP ? ICMP_ERRORS.includes(type) : type < ICMPV6_FIRST_NO_ERROR
    if (isError) this.about = at + ICMP_HEADER
  }
}

/** @type {(bytes: Uint8Array, at: number) => number} */
function byte(bytes, at) {
  return bytes[at] ?? 0
}

/** @type {(bytes: Uint8Array, at: number) => number} */
export function get16(bytes, at) {
  return (byte(bytes, at) << 8) | byte(bytes, at + 1)
}
