import { HEADROOM, type Packet, TAILROOM } from '../../../core/api/packet.js'
import { emptyList } from '../../../core/bytes/clear-list.js'

/** Packets that may wait for one peer's session, as in wireguard-go. */
export const MAX_STAGED = 128
/** Bytes of packets that may wait for one peer's session. */
export const MAX_STAGED_BYTES = 256 * 1024

/** Packets that wait for a session: a queue that drops its oldest if it is full. */
export class StagedPackets {
  readonly #packets = emptyList<Packet>()
  #bytes = 0

  get length(): number {
    return this.#packets.length
  }

  /** Copies a packet and keeps it; returns how many packets were dropped for it. */
  add(packet: Packet): number {
    const { length } = packet.bytes
    let dropped = 0
    while (
      this.#packets.length >= MAX_STAGED ||
      (this.#bytes + length > MAX_STAGED_BYTES && this.length > 0)
    ) {
      this.#bytes -= this.#packets.shift()!.bytes.length
      dropped++
    }
    const memory = new Uint8Array(HEADROOM + length + TAILROOM)
    memory.set(packet.bytes, HEADROOM)
    const bytes = memory.subarray(HEADROOM, HEADROOM + length)
    this.#packets.push({ bytes, segmentSize: packet.segmentSize, checksum: packet.checksum })
    this.#bytes += length
    return dropped
  }

  /** Hands out all packets, in order, and keeps none. */
  take(): Packet[] {
    this.#bytes = 0
    return this.#packets.splice(0)
  }
}
