import type { FrameCodec } from '../../../src/transports/streams/frame-codec.js'
import { expectThat } from '../../support/fuzz/fuzz-parser.js'

/** Bytes around what is read, to see that nothing outside is. */
const MARGIN = 16

/** Reads a stream that comes in pieces as a link does: what is not whole is kept, and read again before what follows. */
export function readCut(reader: FrameCodec, pieces: readonly Uint8Array[]): Uint8Array[] {
  const came: Uint8Array[] = []
  let kept = new Uint8Array(0)
  for (const piece of pieces) {
    if (reader.ended !== undefined) break
    const end = MARGIN + kept.length + piece.length
    const memory = new Uint8Array(end + MARGIN).fill(0xaa)
    memory.set(kept, MARGIN)
    memory.set(piece, MARGIN + kept.length)
    const datagrams: Uint8Array[] = []
    const rest = reader.read(memory, MARGIN, end, datagrams)
    expectThat(rest >= MARGIN && rest <= end, `read up to ${rest} of ${end}`)
    const outside = [...memory.subarray(0, MARGIN), ...memory.subarray(end)]
    expectThat(
      outside.every((byte) => byte === 0xaa),
      'wrote outside of what came',
    )
    for (const datagram of datagrams) came.push(datagram.slice())
    kept = memory.slice(rest, end)
  }
  return came
}
