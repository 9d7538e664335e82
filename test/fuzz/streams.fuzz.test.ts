import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { VirtualClock } from '../../src/conformance/kit/virtual-clock.js'
import type { StreamOutput } from '../../src/native/sockets/stream-output.js'
import type { FrameCodec } from '../../src/transports/streams/frame-codec.js'
import { FrameParser } from '../../src/transports/streams/framing.js'
import { LengthCodec } from '../../src/transports/tcp/length-codec.js'
import { controlFrame, OPCODE } from '../../src/transports/websocket/frames/frame-header.js'
import { WebSocketCodec } from '../../src/transports/websocket/websocket-codec.js'
import { nativeMissing, orSkipped } from '../support/native-missing.js'
import { pseudoRandom } from '../support/netsim/simulation.js'
import { STREAM_WAYS } from '../support/streams/stream-test-parts.js'
import { FUZZ_TIMEOUT, rounds, SEED } from './rounds.js'

const STREAMS = rounds(2_000, 200_000)
const MUTATED = rounds(10_000, 2_000_000)
const MAX_DATAGRAMS = 8
/** Lengths at which WebSocket's and other headers change, and some of everyday. */
const LENGTHS = [1, 2, 3, 125, 126, 127, 255, 256, 1400]
/** Bytes around what is read, to see that nothing outside is. */
const MARGIN = 16

const { native } = STREAM_WAYS.at(-1)!
const output = native?.output as StreamOutput

/** Each framing: what writes it, and what reads it at the other end. */
const FRAMINGS: { name: string; ends: () => { writer: FrameCodec; reader: FrameCodec } }[] = [
  { name: 'lengths', ends: () => ({ writer: new LengthCodec(), reader: new LengthCodec() }) },
  {
    name: "a WebSocket client's frames",
    ends: () => ({
      writer: new WebSocketCodec(true, new VirtualClock()),
      reader: new WebSocketCodec(false, new VirtualClock()),
    }),
  },
  {
    name: "a WebSocket server's frames",
    ends: () => ({
      writer: new WebSocketCodec(false, new VirtualClock()),
      reader: new WebSocketCodec(true, new VirtualClock()),
    }),
  },
]

describe.skipIf(nativeMissing).each(FRAMINGS)(orSkipped('$name', nativeMissing), ({ name, ends }) => {
  it(
    'yield the datagrams that went in, in order, wherever the stream is cut, also at every byte',
    () => {
      const random = pseudoRandom(SEED)
      const below = (limit: number) => Math.floor(random() * limit)
      for (let stream = 0; stream < STREAMS; stream++) {
        const { writer, reader } = ends()
        const sent = Array.from({ length: below(MAX_DATAGRAMS) }, () =>
          randomBytes(LENGTHS[below(LENGTHS.length)]!),
        )
        const pieces: Uint8Array[] = []
        for (const datagram of sent) {
          if (name !== 'lengths' && random() < 0.2) pieces.push(ping(writer, below(126)))
          pieces.push(framed(writer, datagram))
        }
        const everyByte = random() < 0.1
        const came = readCut(reader, Buffer.concat(pieces), () => (everyByte ? 1 : 1 + below(700)))
        expect(came.map(hex), `seed ${SEED}, stream ${stream}`).toEqual(sent.map(hex))
        expect(reader.ended).toBeUndefined()
      }
    },
    FUZZ_TIMEOUT,
  )

  it(
    'mutated, throw nothing, and nothing outside of what came is touched',
    () => {
      const random = pseudoRandom(SEED)
      const below = (limit: number) => Math.floor(random() * limit)
      for (let stream = 0; stream < MUTATED; stream++) {
        const { writer, reader } = ends()
        const bytes =
          random() < 0.2
            ? randomBytes(below(300))
            : Buffer.concat(Array.from({ length: 3 }, () => framed(writer, randomBytes(1 + below(140)))))
        for (let changes = below(4); changes > 0 && bytes.length > 0; changes--) {
          bytes[below(bytes.length)] = below(256)
        }
        let total = 0
        for (const datagram of readCut(reader, bytes, () => 1 + below(200))) total += datagram.length
        expect(total, `seed ${SEED}, stream ${stream}`).toBeLessThanOrEqual(bytes.length)
        expect(reader.answers.length).toBeLessThanOrEqual(1)
      }
    },
    FUZZ_TIMEOUT,
  )
})

describe('FrameParser', () => {
  it('reads any bytes as the codec of lengths does, wherever they are cut', () => {
    const random = pseudoRandom(SEED)
    const below = (limit: number) => Math.floor(random() * limit)
    for (let stream = 0; stream < STREAMS; stream++) {
      const bytes = randomBytes(below(400))
      for (let at = 0; at < bytes.length; at += 2 + bytes[at + 1]!) bytes[at] = 0 // mostly short datagrams
      const parser = new FrameParser()
      const came: string[] = []
      for (let at = 0; at < bytes.length; ) {
        const length = 1 + below(60)
        came.push(...parser.push(bytes.subarray(at, at + length)).map(hex))
        at += length
      }
      const codec = new LengthCodec()
      expect(came, `seed ${SEED}, stream ${stream}`).toEqual(readCut(codec, bytes, () => 400).map(hex))
      expect(parser.ended).toBe(codec.ended)
    }
  })
})

/** Reads a stream as a link does: what is not whole is kept, and read again before what follows. */
function readCut(reader: FrameCodec, stream: Uint8Array, nextLength: () => number): Uint8Array[] {
  const came: Uint8Array[] = []
  let kept = new Uint8Array(0)
  for (let at = 0; at < stream.length && reader.ended === undefined; ) {
    const piece = stream.subarray(at, at + nextLength())
    at += piece.length
    const end = MARGIN + kept.length + piece.length
    const memory = new Uint8Array(end + MARGIN).fill(0xaa)
    memory.set(kept, MARGIN)
    memory.set(piece, MARGIN + kept.length)
    const datagrams: Uint8Array[] = []
    const rest = reader.read(memory, MARGIN, end, datagrams)
    if (rest < MARGIN || rest > end) throw new Error(`seed ${SEED}: read up to ${rest} of ${end}`)
    for (let margin = 0; margin < MARGIN; margin++) {
      if (memory[margin] !== 0xaa || memory[end + margin] !== 0xaa) throw new Error(`seed ${SEED}: overrun`)
    }
    for (const datagram of datagrams) came.push(datagram.slice())
    kept = memory.slice(rest, end)
  }
  return came
}

/** What goes over the wire for a datagram. */
function framed(writer: FrameCodec, datagram: Uint8Array): Buffer {
  writer.write(output, datagram)
  const bytes = Buffer.alloc(output.bytes)
  output.copyRest(0, bytes)
  output.clear()
  return bytes
}

function ping(writer: FrameCodec, length: number): Uint8Array {
  const payload = randomBytes(length)
  // A close frame tells whether this end masks.
  if ((writer.goodbye[1]! & 0x80) === 0) return controlFrame(OPCODE.ping, payload, new Uint8Array())
  const frame = controlFrame(OPCODE.ping, payload, Uint8Array.of(1, 2, 3, 4))
  for (let at = 0; at < length; at++) frame[frame.length - length + at]! ^= 1 + (at % 4)
  return frame
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
