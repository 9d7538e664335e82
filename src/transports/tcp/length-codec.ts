import { emptyList } from '../../core/bytes/clear-list.js'
import { part } from '../../core/bytes/views.js'
import type { StreamOutput } from '../../native/sockets/stream-output.js'
import type { FrameCodec } from '../streams/frame-codec.js'
import { CLOSING_FRAME, LENGTH_BYTES, MAX_FRAMED } from '../streams/framing.js'

/** A 16-bit big-endian length before each datagram; a length of 0 says goodbye. */
export class LengthCodec implements FrameCodec {
  readonly overhead = LENGTH_BYTES
  readonly goodbye = CLOSING_FRAME
  readonly answers = emptyList<Uint8Array>()
  ended: 'closed' | undefined
  keeps = MAX_FRAMED
  dropped = 0
  /** Bytes to come of a datagram that is not kept. */
  #skip = 0

  write(output: StreamOutput, datagram: Uint8Array): void {
    const header = output.copy(LENGTH_BYTES)
    output.memory[header] = datagram.length >>> 8
    output.memory[header + 1] = datagram.length
    output.add(datagram)
  }

  read(bytes: Uint8Array, from: number, end: number, datagrams: Uint8Array[]): number {
    let at = from + Math.min(this.#skip, end - from)
    this.#skip -= at - from
    while (end - at >= LENGTH_BYTES && this.ended === undefined) {
      const length = (bytes[at]! << 8) | bytes[at + 1]!
      const next = at + LENGTH_BYTES + length
      if (length === 0) this.ended = 'closed'
      else if (next > end) return length > this.keeps ? this.#drop(next, end) : at
      else datagrams.push(part(bytes, at + LENGTH_BYTES, next))
      at = next
    }
    return at
  }

  /** Drops what has come of a datagram that ends at `next`, and what is to come. */
  #drop(next: number, end: number): number {
    this.#skip = next - end
    this.dropped++
    return end
  }
}
