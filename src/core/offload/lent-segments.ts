import type { Packet } from '../api/packet.js'

/** The packets that a cutter lends. They are used again for each batch, as are their views: bulk traffic has the same over and over. */
export class LentSegments {
  readonly #memory: ArrayBufferLike
  readonly #packets: Packet[] = []
  readonly #views: Uint8Array[] = []
  /** Where each view begins: a number to compare costs less than to ask a view. */
  readonly #places: number[] = []

  constructor(memory: ArrayBufferLike) {
    this.#memory = memory
  }

  /** Lends the `length` bytes at `at` of the memory as the packet of that index, which is the next new one at most. */
  lend(index: number, at: number, length: number, checksum: Packet['checksum']): Packet {
    let view = this.#views[index]
    if (view === undefined || view.length !== length || this.#places[index] !== at) {
      view = new Uint8Array(this.#memory, at, length)
      this.#views[index] = view
      this.#places[index] = at
    }
    let packet = this.#packets[index]
    if (packet === undefined) {
      packet = { bytes: view, segmentSize: 0, checksum }
      this.#packets[index] = packet
    }
    packet.bytes = view
    packet.checksum = checksum
    return packet
  }

  /** Whether a packet is that of the index, as it was lent but for its content, and has a partial checksum. */
  isAsLent(index: number, packet: Packet | undefined): boolean {
    return (
      packet !== undefined &&
      packet === this.#packets[index] &&
      packet.bytes === this.#views[index] &&
      packet.checksum === 'partial'
    )
  }
}
