import { HEADROOM, MAX_PACKET, type Packet } from '../api/packet.js'
import type { SegmentSource } from '../api/trains.js'
import { bufferOf, offsetOf } from '../bytes/views.js'
import { makePartial, writeIp4Checksum } from './checksum.js'
import { type Headers, MAX_HEADERS } from './ip.js'
import { LentSegments } from './lent-segments.js'
import { MAX_SEGMENTS, segmentsOf } from './limits.js'
import { LINE, slotBytes } from './memory.js'
import { SegmentHeader } from './segment-header.js'
import { SegmentsInPlace } from './segments-in-place.js'

/** Bytes. The headers that a segment's are copied from, or that it should have. */
const TEMPLATE = slotBytes(MAX_HEADERS)
/** Bytes. A super-packet of other memory is copied there. */
const GUEST = slotBytes(MAX_PACKET)
/**
 * Bytes. The segments of any one super-packet fit: their payload, the last one's counted in full, and what
 * surrounds each.
 */
const SLOTS = 2 * MAX_PACKET + MAX_SEGMENTS * slotBytes(MAX_HEADERS + LINE)

/** Bytes of memory that a cutter works in. */
export const CUTTER_BYTES = LINE + TEMPLATE + GUEST + SLOTS

/** Cuts super-packets into segments that it lends, and makes such super-packets whole again. */
export class Cutter {
  /** All that the cutter's memory is a piece of: what lies in it as well is copied without a view, which costs as much as a copy. */
  readonly #memory: Uint8Array
  /** The same: headers are copied and compared by words. */
  readonly #words: Int32Array
  readonly #template: number
  readonly #guest: number
  readonly #slots: number
  readonly #segmentHeader = new SegmentHeader()
  readonly #segments: LentSegments
  readonly #inPlace: SegmentsInPlace
  #usedBytes = 0
  #usedSegments = 0
  // Of the super-packet at hand, in bytes: its headers and payload, a segment's payload and slot, and where its payload lies.
  #header = 0
  #payload = 0
  #full = 0
  #stride = 0
  #from = 0

  /** @param memory CUTTER_BYTES of it. */
  constructor(memory: Uint8Array) {
    const buffer = bufferOf(memory)
    this.#memory = new Uint8Array(buffer)
    this.#words = new Int32Array(buffer, 0, buffer.byteLength >> 2)
    this.#template = (offsetOf(memory) + LINE - 1) & -LINE
    this.#guest = this.#template + TEMPLATE
    this.#slots = this.#guest + GUEST
    this.#segments = new LentSegments(this.#memory)
    this.#inPlace = new SegmentsInPlace(
      this.#memory,
      this.#words,
      this.#template,
      this.#slots,
      this.#segmentHeader,
    )
  }

  /** Starts over: to cut takes back what was lent, and to restore begins with what was cut first. */
  rewind(): void {
    this.#usedBytes = 0
    this.#usedSegments = 0
  }

  /**
   * Appends the segments of a super-packet, which has no more than it may.
   *
   * @param headers where its headers lie.
   * @returns false if they do not fit beside what was cut before.
   */
  cut(packet: Packet, headers: Headers, checksum: Packet['checksum'], to: Packet[]): boolean {
    this.#measure(packet, headers)
    if (this.#usedBytes + segmentsOf(this.#payload, this.#full) * this.#stride > SLOTS) return false
    this.#take(packet.bytes, headers)
    const [memory, header, payload, full] = [this.#memory, this.#header, this.#payload, this.#full]
    for (let offset = 0, before = 0; offset < payload; offset += full, before++) {
      const size = Math.min(full, payload - offset)
      const at = this.#nextSlot()
      const from = this.#from + offset
      this.#copyTemplate(at)
      memory.copyWithin(at + header, from, from + size)
      this.#segmentHeader.write(memory, at, offset, size, before, offset + size === payload)
      if (checksum === 'full') this.#segmentHeader.complete(memory, at, size)
      to.push(this.#segments.lend(this.#usedSegments++, at, header + size, checksum))
    }
    return true
  }

  /** The segments of a super-packet, which has no more than it may, with room where segments are lent. */
  cutInPlace(packet: Packet, headers: Headers, checksum: Packet['checksum']): SegmentSource {
    this.#measure(packet, headers)
    this.#take(packet.bytes, headers)
    this.#inPlace.begin(this.#header, this.#from, this.#payload, this.#full, checksum)
    return this.#inPlace
  }

  /**
   * Makes the next super-packet that was cut whole again, with a partial checksum, and with the payloads that its segments have now.
   *
   * @param segments among which they are, from `first` on.
   * @param edited Whether their bytes may have been edited; if not, the super-packet is right as it is.
   * @returns how many they are; 0 if one is missing, or differs in anything else.
   */
  restore(
    packet: Packet,
    headers: Headers,
    segments: readonly Packet[],
    first: number,
    edited: boolean,
  ): number {
    const { bytes } = packet
    this.#measure(packet, headers)
    if (!edited) return this.#countLent(segments, first)
    this.#take(bytes, headers)
    const memory = this.#memory
    let index = first
    for (let offset = 0, before = 0; offset < this.#payload; offset += this.#full, before++) {
      const size = Math.min(this.#full, this.#payload - offset)
      const at = this.#nextSlot()
      if (!this.#segments.isAsLent(this.#usedSegments++, segments[index++])) return 0
      this.#segmentHeader.write(memory, this.#template, offset, size, before, offset + size === this.#payload)
      if (!this.#hasTemplate(at)) return 0
      memory.copyWithin(this.#from + offset, at + this.#header, at + this.#header + size)
    }
    if (this.#from === this.#guest + this.#header) {
      bytes.set(memory.subarray(this.#from, this.#from + this.#payload), this.#header)
    }
    if (headers.version === 4) writeIp4Checksum(bytes, headers.transport)
    makePartial(bytes, headers)
    packet.checksum = 'partial'
    return index - first
  }

  #measure({ bytes, segmentSize }: Packet, { payload }: Headers): void {
    this.#header = payload
    this.#payload = bytes.length - payload
    this.#full = Math.min(segmentSize, this.#payload)
    this.#stride = slotBytes(payload + this.#full)
  }

  /** Learns where a super-packet lies, and what its segments share. */
  #take(bytes: Uint8Array, headers: Headers): void {
    const isGuest = bufferOf(bytes) !== this.#memory.buffer
    const at = isGuest ? this.#guest : offsetOf(bytes)
    if (isGuest) this.#memory.set(bytes, at)
    this.#from = at + this.#header
    this.#memory.copyWithin(this.#template, at, this.#from)
    this.#segmentHeader.load(bytes, headers)
  }

  /** The segments of the super-packet at hand; 0 if one is missing. */
  #countLent(segments: readonly Packet[], first: number): number {
    const count = segmentsOf(this.#payload, this.#full)
    for (let index = first; index < first + count; index++)
      if (!this.#segments.isAsLent(this.#usedSegments++, segments[index])) return 0
    return count
  }

  #nextSlot(): number {
    const at = this.#slots + this.#usedBytes + HEADROOM
    this.#usedBytes += this.#stride
    return at
  }

  #copyTemplate(at: number): void {
    const words = this.#words
    const distance = (at - this.#template) >> 2
    const end = (this.#template + this.#header) >> 2
    for (let from = this.#template >> 2; from < end; from++) words[from + distance] = words[from]!
  }

  #hasTemplate(at: number): boolean {
    const words = this.#words
    const distance = (at - this.#template) >> 2
    const end = (this.#template + this.#header) >> 2
    for (let from = this.#template >> 2; from < end; from++)
      if (words[from + distance] !== words[from]) return false
    return true
  }
}
