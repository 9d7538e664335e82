import type { Packet } from '../api/packet.js'
import type { SegmentSource } from '../api/trains.js'
import { clearList, emptyList } from '../bytes/clear-list.js'
import { complete, verify } from './checksum.js'
import { CUTTER_BYTES, Cutter } from './cutter.js'
import { Headers, parse } from './ip.js'
import { MAX_SEGMENTS, segmentsOf } from './limits.js'
import type { Allocate } from './memory.js'

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
  /**
   * The segments of a super-packet, to be made where it lies, which ends it; undefined if it was dropped and counted. They are lent
   * until the next call, and so is nothing else then.
   */
  inPlace(packet: Packet, checksum: Packet['checksum']): SegmentSource | undefined
  /**
   * What the batch that is lent was made from, if `packets` are that batch, whole, in its order and with partial checksums: payloads
   * may have been edited, and are taken over. Undefined if anything else differs, headers included.
   *
   * @param edited Whether bytes may have been edited; if not, none is looked at.
   */
  restored(packets: readonly Packet[], edited: boolean): Packet[] | undefined
  /** Packets dropped so far, by cause. */
  readonly drops: Readonly<Record<string, number>>
}

/** Makes a segmenter that writes into memory it takes from `allocate` once, 290 KiB, of which it touches as much as it needs. */
export function createSegmenter(allocate: Allocate): Segmenter {
  return new ArenaSegmenter(new Cutter(allocate(CUTTER_BYTES)))
}

class ArenaSegmenter implements Segmenter {
  readonly drops = { malformed: 0, segments: 0 }
  readonly #cutter: Cutter
  readonly #headers = new Headers()
  readonly #out = emptyList<Packet>()
  /** What it was made from. */
  readonly #sources = emptyList<Packet>()

  constructor(cutter: Cutter) {
    this.#cutter = cutter
  }

  *segment(packets: readonly Packet[], checksum: Packet['checksum']): Generator<readonly Packet[], void> {
    this.#startBatch()
    for (const packet of packets) {
      if (packet.segmentSize === 0) {
        if (checksum === 'full' && !this.#completed(packet)) continue
        this.#out.push(packet)
        this.#sources.push(packet)
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

  inPlace(packet: Packet, checksum: Packet['checksum']): SegmentSource | undefined {
    this.#startBatch()
    return this.#canCut(packet) ? this.#cutter.cutInPlace(packet, this.#headers, checksum) : undefined
  }

  restored(packets: readonly Packet[], edited: boolean): Packet[] | undefined {
    if (packets.length !== this.#out.length) return undefined
    this.#cutter.rewind()
    let next = 0
    for (const source of this.#sources) {
      if (source.segmentSize === 0) {
        if (packets[next++] !== source) return undefined
      } else {
        const count = parse(source.bytes, this.#headers)
          ? this.#cutter.restore(source, this.#headers, packets, next, edited)
          : 0
        if (count === 0) return undefined
        next += count
      }
    }
    return [...this.#sources]
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
  #cut(packet: Packet, checksum: Packet['checksum']): boolean {
    if (!this.#cutter.cut(packet, this.#headers, checksum, this.#out)) return false
    this.#sources.push(packet)
    return true
  }

  /** Takes back what the last batch lent. */
  #startBatch(): void {
    clearList(this.#out)
    clearList(this.#sources)
    this.#cutter.rewind()
  }
}

/** Whether a packet's checksum may be replaced: one that was full and wrong must not become right. */
function isTrue(packet: Packet, headers: Headers): boolean {
  return packet.checksum === 'partial' || verify(packet.bytes, headers)
}
