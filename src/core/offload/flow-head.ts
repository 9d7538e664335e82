import type { Packet } from '../api/packet.js'
import { set16 } from '../bytes/network-order.js'
import type { WholeMemory } from '../bytes/whole-memory.js'
import { makePartial, verify, verifyIp4, writeIp4Checksum } from './checksum.js'
import {
  DONT_FRAGMENT,
  FLAG,
  Headers,
  IP4,
  IP6,
  IP6_HEADER,
  MAX_HEADERS,
  TCP,
  TCP_AT,
  UDP,
  UDP_AT,
} from './ip.js'
import { MAX_JOINED, MAX_SEGMENTS, MAX_UDP_JOINED } from './limits.js'

/** Flags that the first packet may have besides ACK. */
const STARTS = FLAG.ECE | FLAG.CWR
/**
 * Flags in which a later packet may differ from the first: PSH ends a super-packet, CWR stands on its first
 * segment only.
 */
const MAY_DIFFER = FLAG.PSH | FLAG.CWR

/** Bytes. Headers are made of whole words, and compared by these. */
const WORD = 4
/** Of a word: all of it, and either half. */
const [ALL, FIRST_HALF, LAST_HALF] = [-1, 0xffff0000 | 0, 0xffff]

/**
 * What tells whether packets that follow each other may become one super-packet, by the first of them. The rules are those of the
 * kernel's GRO, and stricter where it is lenient: what differs in anything but its place is not joined.
 */
export class FlowHead {
  /** Where the headers of the first packet lie. */
  readonly headers = new Headers()
  /** Both its ports, which tell most flows apart. */
  ports = 0
  /** Bytes of the packet or super-packet so far. */
  length = 0
  /** Payload bytes of every segment but the last. */
  segmentSize = 0
  segments = 0
  /** The bits of each word of the headers in which all packets agree. */
  readonly #masks = new Int32Array(MAX_HEADERS / WORD)
  #memory!: WholeMemory
  #at = 0
  #checksum: Packet['checksum'] = 'full'
  #nextSequence = 0
  #nextId = 0
  /** What the fields of an IPv4 header that differ sum up to. */
  #ip4Sum = 0
  /** Whether masks and that sum are this flow's: most flows end with their first packet. */
  #prepared = false
  #verified = false
  #pushed = false

  /** Starts over with the packet that lies at `at`. Its headers stay there, as they are, while it is followed. */
  begin(
    memory: WholeMemory,
    at: number,
    length: number,
    checksum: Packet['checksum'],
    headers: Headers,
  ): void {
    const { view } = memory
    const { payload, protocol, transport, version } = headers
    this.#memory = memory
    this.#at = at
    this.#checksum = checksum
    this.headers.set(headers)
    this.ports = portsOf(memory, headers, at)
    this.length = length
    this.segmentSize = length - payload
    this.segments = 1
    this.#prepared = false
    this.#verified = false
    this.#pushed = false
    if (version === 4) this.#nextId = view.getUint16(at + IP4.ID) + 1
    if (protocol === TCP) {
      this.#nextSequence = (view.getInt32(at + transport + TCP_AT.SEQUENCE) + this.segmentSize) | 0
    }
  }

  /** Whether a packet with the same ports has the same addresses and protocol. */
  owns({ view }: WholeMemory, headers: Headers, at: number): boolean {
    if (headers.version !== this.headers.version || headers.protocol !== this.headers.protocol) return false
    const [source, words] = headers.version === 4 ? [IP4.SOURCE, 2] : [IP6.SOURCE, 8]
    const mine = this.#memory.view
    for (let word = 0; word < words; word++) {
      const from = source + WORD * word
      if (view.getInt32(at + from) !== mine.getInt32(this.#at + from)) return false
    }
    return true
  }

  /** Whether the first packet's checksums are right, as it lies there. Looked at once. */
  isIntact(): boolean {
    if (this.#verified) return true
    const { headers } = this
    const { bytes } = this.#memory
    if (headers.version === 4 && !verifyIp4(bytes, headers.transport, this.#at)) return false
    const length = headers.payload + this.segmentSize
    this.#verified = this.#checksum === 'partial' || verify(bytes, headers, this.#at, length)
    return this.#verified
  }

  /**
   * Whether the packet of `length` bytes at `at` continues the flow: its headers agree, and both its checksums and the first packet's
   * are right, as joining writes new ones. A partial one the seal vouches for. Sums are verified last, as they cost most.
   */
  continues(memory: WholeMemory, at: number, length: number, checksum: Packet['checksum']): boolean {
    const { payload, protocol, transport, version } = this.headers
    const { view } = memory
    const size = length - payload
    if (size <= 0 || size > this.segmentSize || this.length + size > MAX_JOINED) return false
    if (this.segments === (protocol === UDP ? MAX_UDP_JOINED : MAX_SEGMENTS)) return false
    if (protocol === TCP) {
      if (view.getInt32(at + transport + TCP_AT.SEQUENCE) !== this.#nextSequence) return false
      if ((view.getUint8(at + transport + TCP_AT.FLAGS) & FLAG.CWR) !== 0) return false
    } else if (view.getUint16(at + transport + UDP_AT.LENGTH) !== length - transport) return false
    if (!this.#prepared) this.#prepare(this.headers)
    const mine = this.#memory.view
    const from = this.#at
    const masks = this.#masks
    for (let word = 0, byte = 0; byte < payload; word++, byte += WORD)
      if (((view.getInt32(at + byte) ^ mine.getInt32(from + byte)) & masks[word]!) !== 0) return false
    if (version === 6) {
      if (view.getUint16(at + IP6.LENGTH) !== length - IP6_HEADER) return false
    } else {
      if (view.getUint16(at + IP4.LENGTH) !== length) return false
      // RFC 6864: the id means nothing if the packet must not be fragmented.
      const isWhole = (view.getUint16(at + IP4.FRAGMENT) & DONT_FRAGMENT) !== 0
      if (!isWhole && view.getUint16(at + IP4.ID) !== (this.#nextId & 0xffff)) return false
      // All else is the same as in the first header, whose sum is right.
      const difference = ip4Sum(view, at) - this.#ip4Sum
      if (difference !== 0 && difference !== 0xffff && difference !== -0xffff) return false
    }
    return this.isIntact() && (checksum === 'partial' || verify(memory.bytes, this.headers, at, length))
  }

  /** Counts a packet in, after `continues`. False if nothing may follow it. */
  add({ view }: WholeMemory, at: number, length: number): boolean {
    const { payload, protocol, transport } = this.headers
    const size = length - payload
    this.length += size
    this.segments++
    this.#nextId++
    this.#nextSequence = (this.#nextSequence + size) | 0
    this.#pushed = protocol === TCP && (view.getUint8(at + transport + TCP_AT.FLAGS) & FLAG.PSH) !== 0
    return size === this.segmentSize && !this.#pushed
  }

  /** Makes the first packet's headers, which `superPacket` starts with, those of the whole. */
  finish(superPacket: Uint8Array): void {
    const { version, protocol, transport } = this.headers
    if (version === 4) {
      set16(superPacket, IP4.LENGTH, superPacket.length)
      writeIp4Checksum(superPacket, transport)
    } else {
      set16(superPacket, IP6.LENGTH, superPacket.length - IP6_HEADER)
    }
    if (protocol === UDP) set16(superPacket, transport + UDP_AT.LENGTH, superPacket.length - transport)
    else if (this.#pushed) superPacket[transport + TCP_AT.FLAGS]! |= FLAG.PSH
    makePartial(superPacket, this.headers)
  }

  /** Lengths, ids, sequence numbers, checksums and some flags differ. */
  #prepare({ payload, protocol, transport, version }: Headers): void {
    const masks = this.#masks
    this.#prepared = true
    for (let word = 0; word < payload / WORD; word++) masks[word] = ALL
    if (version === 4) {
      this.#ip4Sum = ip4Sum(this.#memory.view, this.#at)
      masks[0] = FIRST_HALF // IP4.LENGTH
      masks[IP4.ID / WORD] = LAST_HALF
      masks[IP4.TTL / WORD] = FIRST_HALF // IP4.CHECKSUM
    } else masks[IP6.LENGTH / WORD] = LAST_HALF
    const at = transport / WORD
    if (protocol === UDP)
      masks[at + UDP_AT.LENGTH / WORD] = 0 // and UDP_AT.CHECKSUM
    else {
      masks[at + TCP_AT.SEQUENCE / WORD] = 0
      masks[at + TCP_AT.LENGTH / WORD] = ~(MAY_DIFFER << 16) // TCP_AT.FLAGS
      masks[at + TCP_AT.CHECKSUM / WORD] = LAST_HALF
    }
  }
}

/** The fields of an IPv4 header that may differ within a flow, as one number between 0 and 3 times 0xffff, of which 0xffff is 0. */
function ip4Sum(view: DataView, at: number): number {
  const total =
    view.getUint16(at + IP4.LENGTH) + view.getUint16(at + IP4.ID) + view.getUint16(at + IP4.CHECKSUM)
  return (total & 0xffff) + (total >>> 16)
}

/** A packet's source and destination port as one number. */
export function portsOf({ view }: WholeMemory, headers: Headers, at: number): number {
  return view.getInt32(at + headers.transport)
}

/**
 * Whether a packet of `length` bytes may be the first of a super-packet: it has a payload, and TCP neither opens, ends nor
 * pushes.
 */
export function mayStart({ view }: WholeMemory, headers: Headers, at: number, length: number): boolean {
  if (headers.payload === length) return false
  const { protocol, transport } = headers
  return protocol === UDP || (view.getUint8(at + transport + TCP_AT.FLAGS) & ~STARTS) === FLAG.ACK
}
