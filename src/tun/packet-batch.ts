import { HEADROOM, MAX_PACKET, type Packet, TAILROOM } from '../core/api/packet.js'
import { clearList, emptyList } from '../core/bytes/clear-list.js'
import { bufferOf, offsetOf } from '../core/bytes/views.js'

/** Packets in a batch at the most. */
export const MAX_BATCH = 64
/** Bytes of memory: packets lie in it one after another, so 64 of them fit that are no larger than an Ethernet's. */
export const BATCH_BYTES = 4 * (HEADROOM + MAX_PACKET + TAILROOM)

/** Packets that are read into memory one after another, each with room around it. */
export class PacketBatch {
  /** Lent until `clear`. */
  readonly packets = emptyList<Packet>()
  /** Where the next packet is to lie in the buffer of the memory; the largest one has room there unless it is full. */
  at: number
  /** Whether the largest packet might not fit. */
  full = false
  readonly #buffer: ArrayBufferLike
  readonly #first: number
  /** Where a packet begins at the latest. */
  readonly #last: number
  /** The objects are used again for each batch; only the views are new. */
  readonly #spare = emptyList<Packet>()

  /** @param memory BATCH_BYTES. */
  constructor(memory: Uint8Array = new Uint8Array(BATCH_BYTES)) {
    this.#buffer = bufferOf(memory)
    this.#first = offsetOf(memory) + HEADROOM
    this.#last = offsetOf(memory) + memory.length - MAX_PACKET - TAILROOM
    this.at = this.#first
  }

  /**
   * Takes the `length` bytes at `at` for a packet. They must be MAX_PACKET at most, and the batch not full. How it is cut and
   * summed is as it was with an earlier packet, for the caller to say.
   */
  take(length: number): Packet {
    const { packets } = this
    const index = packets.length
    const bytes = new Uint8Array(this.#buffer, this.at, length)
    let packet = this.#spare[index]
    if (packet === undefined) {
      packet = { bytes, segmentSize: 0, checksum: 'full' }
      this.#spare[index] = packet
    } else packet.bytes = bytes
    packets.push(packet)
    this.at += length + TAILROOM + HEADROOM
    this.full = index === MAX_BATCH - 1 || this.at > this.#last
    return packet
  }

  /** Takes back the packet that was taken last, which is none. */
  drop(): void {
    this.packets.pop()
  }

  clear(): void {
    clearList(this.packets)
    this.at = this.#first
    this.full = false
  }
}
