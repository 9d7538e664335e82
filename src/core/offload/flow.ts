import type { Packet } from '../api/packet.js'
import { clearList, emptyList } from '../bytes/clear-list.js'
import { get16, get32, set16 } from '../bytes/network-order.js'
import { makePartial, verify, verifyIp4, writeIp4Checksum } from './checksum.js'
import {
  DONT_FRAGMENT,
  FLAG,
  Headers,
  IP4,
  IP4_HEADER,
  IP6,
  IP6_HEADER,
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

/**
 * Packets of one flow that follow each other and may become one super-packet. The rules are those of the
 * kernel's GRO, and stricter where it is lenient: what differs in anything but its place is not joined.
 */
export class Flow {
  /** The first packet and where its headers lie. */
  packet!: Packet
  readonly headers = new Headers()
  /** Both its ports, which tell most flows apart. */
  ports = 0
  /** Index of the first packet among those passed on. */
  outIndex = 0
  /** Where the super-packet grows; -1 while the flow is one packet. */
  slot = -1
  /** Bytes of the packet or super-packet so far. */
  length = 0
  /** Payload bytes of every segment but the last. */
  segmentSize = 0
  /** The packets behind the first. */
  readonly #joined = emptyList<Uint8Array>()
  #segments = 0
  #nextSequence = 0
  #nextId = 0
  #verified = false
  #pushed = false

  /** Starts over with one packet. The packet is kept until the next call. */
  start(packet: Packet, headers: Headers, outIndex: number): void {
    const { bytes } = packet
    this.packet = packet
    this.headers.set(headers)
    this.ports = portsOf(bytes, headers)
    this.outIndex = outIndex
    this.slot = -1
    this.length = bytes.length
    this.segmentSize = bytes.length - headers.payload
    this.#segments = 1
    this.#verified = false
    this.#pushed = false
    if (headers.version === 4) this.#nextId = get16(bytes, IP4.ID) + 1
    if (headers.protocol === TCP) {
      this.#nextSequence = (get32(bytes, headers.transport + TCP_AT.SEQUENCE) + this.segmentSize) | 0
    }
  }

  /** Whether a packet with the same ports has the same addresses and protocol. */
  owns(bytes: Uint8Array, headers: Headers): boolean {
    const mine = this.packet.bytes
    if (headers.version !== this.headers.version || headers.protocol !== this.headers.protocol) return false
    return headers.version === 4
      ? sameBytes(bytes, mine, IP4.SOURCE, IP4.SOURCE + 8)
      : sameBytes(bytes, mine, IP6.SOURCE, IP6.SOURCE + 32)
  }

  /** Whether a packet that the flow owns continues it. Sums are verified last, as they cost most. */
  continues(packet: Packet, headers: Headers): boolean {
    const { bytes } = packet
    const size = bytes.length - headers.payload
    if (size === 0 || size > this.segmentSize || this.length + size > MAX_JOINED) return false
    if (this.#segments === (headers.protocol === UDP ? MAX_UDP_JOINED : MAX_SEGMENTS)) return false
    if (!this.#sameNetwork(bytes, headers)) return false
    if (headers.protocol === TCP && !this.#sameTcp(bytes, headers)) return false
    if (!this.#verified && !isIntact(this.packet, this.headers)) return false
    this.#verified = true
    return isIntact(packet, headers)
  }

  /** Takes a packet in, after `continues`. False if nothing may follow it. */
  append({ bytes }: Packet, headers: Headers): boolean {
    this.#joined.push(bytes)
    const size = bytes.length - headers.payload
    this.length += size
    this.#segments++
    this.#nextId++
    this.#nextSequence = (this.#nextSequence + size) | 0
    this.#pushed = headers.protocol === TCP && (bytes[headers.transport + TCP_AT.FLAGS]! & FLAG.PSH) !== 0
    return size === this.segmentSize && !this.#pushed
  }

  /**
   * Writes the packets into the slot, their payloads one behind the other. The last goes first, each whole: what lies before
   * its payload is overwritten by the one before it. A view of each payload would cost more than to copy the headers.
   */
  writeTo(memory: Uint8Array): void {
    let end = this.slot + this.length
    for (let index = this.#joined.length - 1; index >= 0; index--) {
      const bytes = this.#joined[index]!
      memory.set(bytes, end - bytes.length)
      end -= bytes.length - this.headers.payload
    }
    memory.set(this.packet.bytes, this.slot)
    clearList(this.#joined)
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

  /** Whether the network headers agree in all but the addresses, which `owns` compared. */
  #sameNetwork(bytes: Uint8Array, headers: Headers): boolean {
    const mine = this.packet.bytes
    const { transport, payload } = this.headers
    if (headers.transport !== transport || headers.payload !== payload) return false
    if (headers.version === 6) {
      return (
        get32(bytes, 0) === get32(mine, 0) &&
        get16(bytes, IP6.NEXT) === get16(mine, IP6.NEXT) &&
        sameBytes(bytes, mine, IP6_HEADER, transport)
      )
    }
    const fragment = get16(bytes, IP4.FRAGMENT)
    if (fragment !== get16(mine, IP4.FRAGMENT) || get16(bytes, 0) !== get16(mine, 0)) return false
    // RFC 6864: the id means nothing if the packet must not be fragmented.
    if ((fragment & DONT_FRAGMENT) === 0 && get16(bytes, IP4.ID) !== (this.#nextId & 0xffff)) return false
    return bytes[IP4.TTL] === mine[IP4.TTL] && sameBytes(bytes, mine, IP4_HEADER, transport)
  }

  #sameTcp(bytes: Uint8Array, headers: Headers): boolean {
    const mine = this.packet.bytes
    const at = headers.transport
    if (get32(bytes, at + TCP_AT.SEQUENCE) !== this.#nextSequence) return false
    const flags = bytes[at + TCP_AT.FLAGS]!
    if ((flags & FLAG.CWR) !== 0 || ((flags ^ mine[at + TCP_AT.FLAGS]!) & ~MAY_DIFFER) !== 0) return false
    if (get32(bytes, at + TCP_AT.ACK) !== get32(mine, at + TCP_AT.ACK)) return false
    if (bytes[at + TCP_AT.LENGTH] !== mine[at + TCP_AT.LENGTH]) return false
    if (get16(bytes, at + TCP_AT.WINDOW) !== get16(mine, at + TCP_AT.WINDOW)) return false
    return sameBytes(bytes, mine, at + TCP_AT.URGENT, headers.payload)
  }
}

/** A packet's source and destination port as one number. */
export function portsOf(bytes: Uint8Array, headers: Headers): number {
  return get32(bytes, headers.transport)
}

/**
 * Whether a packet may be the first of a super-packet: it has a payload, and TCP neither opens, ends nor
 * pushes.
 */
export function mayStart(bytes: Uint8Array, headers: Headers): boolean {
  if (headers.payload === bytes.length) return false
  return headers.protocol === UDP || (bytes[headers.transport + TCP_AT.FLAGS]! & ~STARTS) === FLAG.ACK
}

/** Whether a packet's checksums are right, as joining writes new ones. A partial one the seal vouches for. */
function isIntact(packet: Packet, headers: Headers): boolean {
  if (headers.version === 4 && !verifyIp4(packet.bytes, headers.transport)) return false
  return packet.checksum === 'partial' || verify(packet.bytes, headers)
}

/** Whether `a` and `b` hold the same bytes from `from` up to, not including, `to`. */
function sameBytes(a: Uint8Array, b: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (a[i] !== b[i]) return false
  return true
}
