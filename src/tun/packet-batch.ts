import { HEADROOM, MAX_PACKET, type Packet, TAILROOM } from '../core/api/packet.js'
import { clearList } from '../core/bytes/clear-list.js'

/** Packets in a batch at the most. */
const MAX_BATCH = 64
/** Bytes of memory: packets lie in it one after another, so 64 of them fit that are no larger than an Ethernet's. */
const MEMORY_BYTES = 4 * (HEADROOM + MAX_PACKET + TAILROOM)

/** Gathers copies of packets in memory of its own, each with room around it. */
export class PacketBatch {
  readonly #memory = new Uint8Array(MEMORY_BYTES)
  /** The objects are used again for each batch; only the views are new. */
  readonly #spare: Packet[] = []
  readonly #packets: Packet[] = []
  #at = HEADROOM

  /** How many there are. */
  get size(): number {
    return this.#packets.length
  }

  /** Whether the largest packet might not fit. */
  get full(): boolean {
    return this.#packets.length >= MAX_BATCH || this.#at + MAX_PACKET + TAILROOM > MEMORY_BYTES
  }

  /** Lent until `clear`. */
  get packets(): readonly Packet[] {
    return this.#packets
  }

  /** Adds a copy of the first `length` bytes, of which MAX_PACKET at most. Must not be called when it is full. */
  add(bytes: Uint8Array, length: number): void {
    const packet = this.#memory.subarray(this.#at, this.#at + length)
    packet.set(bytes.subarray(0, length))
    this.#at += length + TAILROOM + HEADROOM
    const index = this.#packets.length
    const spare = this.#spare[index]
    if (spare === undefined) this.#spare[index] = { bytes: packet, segmentSize: 0, checksum: 'full' }
    else spare.bytes = packet
    this.#packets.push(this.#spare[index]!)
  }

  clear(): void {
    clearList(this.#packets)
    this.#at = HEADROOM
  }
}
