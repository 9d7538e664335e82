import { FrameParser, LENGTH_BYTES, writeFrame } from '../../../src/transports/streams/framing.js'
import { LengthCodec } from '../../../src/transports/tcp/length-codec.js'
import { type Chance, joined } from '../../support/fuzz/chance.js'
import { expectThat, type FuzzParser } from '../../support/fuzz/fuzz-parser.js'
import { readCut } from './read-cut.js'

/** Frames over TCP: both readers of them have to find the same datagrams, however the stream is cut. */
export const streamFrames: FuzzParser = {
  name: 'stream-frames',
  about: 'lengths and datagrams, which anybody sends over TCP',
  share: 3_000,
  start: () => ({ round }),
}

function round(chance: Chance): void {
  const sent = chance.some(6, () => chance.bytes(1 + chance.below(chance.happens(0.95) ? 60 : 2_000)))
  const genuine = joined(...sent.map(framed))
  const isWhole = chance.happens(0.3)
  const stream = isWhole ? genuine : chance.mutate(genuine)
  const pieces = chance.pieces(stream)
  const codec = new LengthCodec()
  const came = readCut(codec, pieces)
  const parser = new FrameParser()
  const parsed = pieces.flatMap((piece) => parser.push(piece).map((datagram) => datagram.slice()))
  expectThat(same(came, parsed), 'the two readers differ')
  expectThat(codec.ended === parser.ended, `one ended '${codec.ended}', the other '${parser.ended}'`)
  expectThat(parser.reserved <= 2 * stream.length, `it reserves ${parser.reserved} for ${stream.length}`)
  if (isWhole) expectThat(same(came, sent), 'what came is not what was sent')
}

function framed(datagram: Uint8Array): Uint8Array {
  const frame = new Uint8Array(LENGTH_BYTES + datagram.length)
  writeFrame(frame, 0, datagram)
  return frame
}

function same(one: readonly Uint8Array[], other: readonly Uint8Array[]): boolean {
  return one.length === other.length && one.every((bytes, at) => Buffer.compare(bytes, other[at]!) === 0)
}
