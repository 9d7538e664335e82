import { part } from '../../core/bytes/views.js'
import type { StreamOutput } from '../../native/sockets/stream-output.js'
import type { FrameCodec } from '../streams/frame-codec.js'
import { CLOSING_FRAME, LENGTH_BYTES } from '../streams/framing.js'

/** A 16-bit big-endian length before each datagram; a length of 0 says goodbye. */
export class LengthCodec implements FrameCodec {
  readonly overhead = LENGTH_BYTES
  readonly goodbye = CLOSING_FRAME
  readonly answers: Uint8Array[] = []
  ended: 'closed' | undefined

  write(output: StreamOutput, datagram: Uint8Array): void {
    const header = output.copy(LENGTH_BYTES)
    output.memory[header] = datagram.length >>> 8
    output.memory[header + 1] = datagram.length
    output.add(datagram)
  }

  read(bytes: Uint8Array, from: number, end: number, datagrams: Uint8Array[]): number {
    let at = from
    while (end - at >= LENGTH_BYTES && this.ended === undefined) {
      const length = (bytes[at]! << 8) | bytes[at + 1]!
      const next = at + LENGTH_BYTES + length
      if (length === 0) this.ended = 'closed'
      else if (next > end) break
      else datagrams.push(part(bytes, at + LENGTH_BYTES, next))
      at = next
    }
    return at
  }
}
