import type { Packet } from '../api/packet.js'
import { emptyList } from '../bytes/clear-list.js'
import { RecurringViews } from '../bytes/recurring-views.js'

/** The packets that a cutter lends, which are used again for each batch. */
export class LentSegments {
  readonly #memory: Uint8Array
  readonly #packets = emptyList<Packet>()
  readonly #views = new RecurringViews()

  /** @param memory that they lie in. */
  constructor(memory: Uint8Array) {
    this.#memory = memory
  }

  /** Lends the `length` bytes at `at` of the memory as the packet of that index, which is the next new one at most. */
  lend(index: number, at: number, length: number, checksum: Packet['checksum']): Packet {
    const bytes = this.#views.part(index, this.#memory, at, at + length)
    let packet = this.#packets[index]
    if (packet === undefined) {
      packet = { bytes, segmentSize: 0, checksum }
      this.#packets.push(packet)
    }
    packet.bytes = bytes
    packet.checksum = checksum
    return packet
  }

  /** Whether a packet is that of the index, as it was lent but for its content, and has a partial checksum. */
  isAsLent(index: number, packet: Packet | undefined): boolean {
    return (
      packet !== undefined &&
      packet === this.#packets[index] &&
      this.#views.isLast(index, packet.bytes) &&
      packet.checksum === 'partial'
    )
  }
}
