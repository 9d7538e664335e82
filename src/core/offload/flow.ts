import type { Packet } from '../api/packet.js'
import { clearList, emptyList } from '../bytes/clear-list.js'
import { offsetOf } from '../bytes/views.js'
import type { WholeMemory } from '../bytes/whole-memory.js'
import { FlowHead } from './flow-head.js'
import type { Headers } from './ip.js'

/** Packets of one flow that follow each other, wherever they lie, and may become one super-packet. */
export class Flow extends FlowHead {
  /** The first packet. */
  packet!: Packet
  /** Index of the first packet among those passed on. */
  outIndex = 0
  /** Where the super-packet grows; -1 while the flow is one packet. */
  slot = -1
  /** The packets behind the first. */
  readonly #joined = emptyList<Uint8Array>()

  /** Starts over with one packet. The packet is kept until the next call. */
  start(packet: Packet, memory: WholeMemory, headers: Headers, outIndex: number): void {
    const { bytes, checksum } = packet
    this.begin(memory, offsetOf(bytes), bytes.length, checksum, headers)
    this.packet = packet
    this.outIndex = outIndex
    this.slot = -1
  }

  /** Takes a packet in that lies at `at` of a memory, after `continues`. False if nothing may follow it. */
  append({ bytes }: Packet, memory: WholeMemory, at: number): boolean {
    this.#joined.push(bytes)
    return this.add(memory, at, bytes.length)
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
}
