import { HEADROOM, MAX_PACKET, type Packet } from '../api/packet.js'
import { clearList } from '../bytes/clear-list.js'
import { part } from '../bytes/views.js'
import { complete, verify } from './checksum.js'
import { Headers, MAX_HEADERS, parse } from './ip.js'
import { MAX_SEGMENTS, segmentsOf } from './limits.js'
import { type Allocate, LINE, slotBytes, viewAt } from './memory.js'
import { SegmentHeader } from './segment-header.js'

/**
 * Makes of super-packets what a link or a far end can take. Batches keep their order. What it yields is never empty, lies
 * in memory with room around it, and is lent until the next batch is asked for; until then nobody else calls the segmenter.
 * Packets that cannot be segmented are dropped and counted.
 */
export interface Segmenter {
  /**
   * Splits super-packets into plain packets and lets the others through, in one batch or, if they are many, in
   * several. With `full`, checksums are completed: for far ends that do not know partial ones.
   */
  segment(packets: readonly Packet[], checksum: Packet['checksum']): Iterable<readonly Packet[]>
  /** Packets dropped so far, by cause. */
  readonly drops: Readonly<Record<string, number>>
}

/**
 * Bytes. The segments of any one super-packet fit: their payload, the last one's counted in full, and what
 * surrounds each.
 */
const ARENA = 2 * MAX_PACKET + MAX_SEGMENTS * slotBytes(MAX_HEADERS + LINE)

/** Makes a segmenter that writes into memory it takes from `allocate` once, 224 KiB. */
export function createSegmenter(allocate: Allocate): Segmenter {
  return new ArenaSegmenter(allocate(ARENA))
}

class ArenaSegmenter implements Segmenter {
  readonly drops = { malformed: 0, segments: 0 }
  readonly #arena: Uint8Array
  readonly #headers = new Headers()
  readonly #segmentHeader = new SegmentHeader()
  /** Grows to the number of segments that fit the arena. */
  readonly #segments: Packet[] = []
  readonly #out: Packet[] = []
  #usedBytes = 0
  #usedSegments = 0

  constructor(arena: Uint8Array) {
    this.#arena = arena
  }

  *segment(packets: readonly Packet[], checksum: Packet['checksum']): Generator<readonly Packet[], void> {
    this.#startBatch()
    for (const packet of packets) {
      if (packet.segmentSize === 0) {
        if (checksum === 'partial' || this.#completed(packet)) this.#out.push(packet)
      } else if (this.#canCut(packet)) {
        if (!this.#cut(packet, checksum)) {
          yield this.#out
          this.#startBatch()
          this.#cut(packet, checksum)
        }
      }
    }
    if (this.#out.length > 0) yield this.#out
    this.#startBatch()
  }

  /** Completes a packet's checksum in place; false if it cannot be found. */
  #completed(packet: Packet): boolean {
    if (packet.checksum === 'full') return true
    if (!parse(packet.bytes, this.#headers)) {
      this.drops.malformed++
      return false
    }
    complete(packet.bytes, this.#headers)
    packet.checksum = 'full'
    return true
  }

  /** Whether a super-packet can be cut; if so its headers are parsed, else it is counted. */
  #canCut(packet: Packet): boolean {
    const { bytes, segmentSize } = packet
    const headers = this.#headers
    if (!parse(bytes, headers) || headers.payload === bytes.length || !isTrue(packet, headers)) {
      this.drops.malformed++
      return false
    }
    if (segmentSize > 0 && segmentsOf(bytes.length - headers.payload, segmentSize) <= MAX_SEGMENTS)
      return true
    this.drops.segments++
    return false
  }

  /** Cuts the super-packet that was parsed last. False if its segments do not fit beside those of this batch. */
  #cut({ bytes, segmentSize }: Packet, checksum: Packet['checksum']): boolean {
    const headers = this.#headers
    const header = headers.payload
    const payload = bytes.length - header
    const full = Math.min(segmentSize, payload)
    const stride = slotBytes(header + full)
    if (this.#usedBytes + segmentsOf(payload, full) * stride > this.#arena.length) return false
    const first = this.#usedBytes + HEADROOM
    const arena = this.#arena
    arena.set(part(bytes, 0, header), first)
    this.#segmentHeader.load(bytes, headers)
    let at = first
    for (let offset = 0, before = 0; offset < payload; offset += full, before++, at += stride) {
      const size = Math.min(full, payload - offset)
      if (offset > 0) arena.copyWithin(at, first, first + header)
      arena.set(part(bytes, header + offset, header + offset + size), at + header)
      this.#segmentHeader.write(arena, at, offset, size, before, offset + size === payload)
      if (checksum === 'full') this.#segmentHeader.complete(arena, at, size)
      this.#push(at, header + size, checksum)
    }
    this.#usedBytes = at - HEADROOM
    return true
  }

  #push(at: number, length: number, checksum: Packet['checksum']): void {
    let segment = this.#segments[this.#usedSegments]
    if (segment === undefined) {
      segment = { bytes: this.#arena, segmentSize: 0, checksum }
      this.#segments.push(segment)
    }
    segment.bytes = viewAt(this.#arena, at, length, segment.bytes)
    segment.checksum = checksum
    this.#out.push(segment)
    this.#usedSegments++
  }

  /** Takes back what the last batch lent. */
  #startBatch(): void {
    clearList(this.#out)
    this.#usedBytes = 0
    this.#usedSegments = 0
  }
}

/** Whether a packet's checksum may be replaced: one that was full and wrong must not become right. */
function isTrue(packet: Packet, headers: Headers): boolean {
  return packet.checksum === 'partial' || verify(packet.bytes, headers)
}
