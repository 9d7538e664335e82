import { get16, get32, set16, set32 } from '../bytes/network-order.js'
import { fold, sum } from '../bytes/ones-complement.js'
import { checksumAt, fieldOf, pseudoHeader } from './checksum.js'
import { FLAG, type Headers, IP4, IP6, IP6_HEADER, TCP, TCP_AT, UDP_AT } from './ip.js'

/**
 * Rewrites the headers of a super-packet for its segments, as RFC 9293, RFC 3168 and the Linux
 * kernel's own segmentation have it. What all segments share is worked out once per super-packet.
 */
export class SegmentHeader {
  #headers!: Headers
  #id = 0
  #sequence = 0
  #flags = 0
  #ip4Sum = 0
  #pseudoSum = 0

  /** Reads what the segments share. `headers` is kept until the next call and must not change. */
  load(packet: Uint8Array, headers: Headers): void {
    this.#headers = headers
    this.#pseudoSum = pseudoHeader(packet, headers)
    if (headers.version === 4) {
      this.#id = get16(packet, IP4.ID)
      this.#ip4Sum = sum(packet, 0, headers.transport)
      this.#ip4Sum -= get16(packet, IP4.LENGTH) + this.#id + get16(packet, IP4.CHECKSUM)
    }
    if (headers.protocol === TCP) {
      this.#sequence = get32(packet, headers.transport + TCP_AT.SEQUENCE)
      this.#flags = packet[headers.transport + TCP_AT.FLAGS]!
    }
  }

  /**
   * Makes a copy of the super-packet's headers, at `at` with the payload behind them, those of one segment.
   *
   * @param offset where the segment's payload begins in the super-packet's, in bytes
   * @param size bytes of its payload
   * @param segments segments before it, by which its IPv4 id is larger
   * @param last whether no segment follows
   */
  write(memory: Uint8Array, at: number, offset: number, size: number, segments: number, last: boolean): void {
    const headers = this.#headers
    const length = headers.payload + size
    const transport = at + headers.transport
    if (headers.version === 4) {
      const id = (this.#id + segments) & 0xffff
      set16(memory, at + IP4.LENGTH, length)
      set16(memory, at + IP4.ID, id)
      set16(memory, at + IP4.CHECKSUM, ~fold(this.#ip4Sum + length + id))
    } else {
      set16(memory, at + IP6.LENGTH, length - IP6_HEADER)
    }
    if (headers.protocol === TCP) {
      set32(memory, transport + TCP_AT.SEQUENCE, (this.#sequence + offset) | 0)
      let flags = this.#flags
      if (!last) flags &= ~(FLAG.FIN | FLAG.PSH)
      if (offset > 0) flags &= ~FLAG.CWR
      memory[transport + TCP_AT.FLAGS] = flags
    } else {
      set16(memory, transport + UDP_AT.LENGTH, length - headers.transport)
    }
    set16(memory, at + checksumAt(headers), fold(this.#pseudoSum + length - headers.transport))
  }

  /** Completes the checksum of a segment that `write` made. */
  complete(memory: Uint8Array, at: number, size: number): void {
    const headers = this.#headers
    const total = sum(memory, at + headers.transport, at + headers.payload + size)
    set16(memory, at + checksumAt(headers), fieldOf(total, headers.protocol))
  }
}
