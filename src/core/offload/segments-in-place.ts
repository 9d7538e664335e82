import { HEADROOM, type Packet } from '../api/packet.js'
import type { SegmentSource } from '../api/trains.js'
import { segmentsOf } from './limits.js'
import type { SegmentHeader } from './segment-header.js'

/** Bytes. Headers are copied by words, and end with one. */
const WORD = 4

/**
 * Makes the segments of a super-packet where it lies, for whoever is done with each before the next: its headers go before its
 * payload, over what is left of the one before. So no payload is copied.
 */
export class SegmentsInPlace implements SegmentSource {
  readonly memory: Uint8Array
  readonly room: number
  count = 0
  size = 0
  lastSize = 0
  checksum: Packet['checksum'] = 'partial'
  readonly #words: Int32Array
  readonly #template: number
  readonly #segmentHeader: SegmentHeader
  // Of the super-packet, in bytes: its headers, and its payload in each segment and in the last; where its payload begins.
  #header = 0
  #full = 0
  #last = 0
  #from = 0
  #made = 0

  /**
   * @param words the same memory.
   * @param template where in the memory a copy of the super-packet's headers lies.
   * @param room where datagrams may be written.
   * @param segmentHeader which has loaded the super-packet when segments are made.
   */
  constructor(
    memory: Uint8Array,
    words: Int32Array,
    template: number,
    room: number,
    segmentHeader: SegmentHeader,
  ) {
    this.memory = memory
    this.#words = words
    this.#template = template
    this.room = room + HEADROOM
    this.#segmentHeader = segmentHeader
  }

  /** Begins with a super-packet that has `payload` bytes of payload at `from`, behind headers of so many. */
  begin(header: number, from: number, payload: number, full: number, checksum: Packet['checksum']): void {
    this.#header = header
    this.#from = from
    this.#full = full
    this.count = segmentsOf(payload, full)
    this.#last = payload - (this.count - 1) * full
    this.size = header + full
    this.lastSize = header + this.#last
    this.checksum = checksum
    this.#made = 0
  }

  next(): number {
    const index = this.#made++
    const isLast = index === this.count - 1
    const offset = index * this.#full
    const at = this.#from + offset - this.#header
    const size = isLast ? this.#last : this.#full
    if (index > 0) this.#copyTemplate(at)
    this.#segmentHeader.write(this.memory, at, offset, size, index, isLast)
    if (this.checksum === 'full') this.#segmentHeader.complete(this.memory, at, size)
    return at
  }

  #copyTemplate(at: number): void {
    const words = this.#words
    if ((at & (WORD - 1)) !== 0) {
      this.memory.copyWithin(at, this.#template, this.#template + this.#header)
      return
    }
    const distance = (at - this.#template) >> 2
    const end = (this.#template + this.#header) >> 2
    for (let from = this.#template >> 2; from < end; from++) words[from + distance] = words[from]!
  }
}
