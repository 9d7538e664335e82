import { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'
import { headerBytes, OPCODE, writeHeader } from '../../../src/transports/websocket/frames/frame-header.js'
import { WebSocketCodec } from '../../../src/transports/websocket/websocket-codec.js'
import { type Chance, joined } from '../../support/fuzz/chance.js'
import { expectThat, type FuzzParser } from '../../support/fuzz/fuzz-parser.js'
import { readCut } from './read-cut.js'

/** Bytes of the longest header here: of a masked frame with a length of 16 bits. */
const MAX_HEADER = 8
const FINAL = 0x80
/** Bytes of a control frame, at the most. RFC 6455 section 5.5 */
const MAX_CONTROL = 125

/** WebSocket frames on bare descriptors, of a client and of a server. */
export const webSocketFrames: FuzzParser = {
  name: 'websocket',
  about: 'frames, which anybody sends who knows the path of a WebSocket',
  share: 3_000,
  start: () => ({ round }),
}

function round(chance: Chance): void {
  const isClient = chance.happens(0.5) // the end that reads
  const sent: Uint8Array[] = []
  const frames: Uint8Array[] = []
  const add = (opcode: number, payload: Uint8Array, final = true) =>
    frames.push(frame(chance, opcode, payload, final, !isClient))
  for (let messages = chance.below(5); messages > 0; messages--) {
    const datagram = chance.bytes(1 + chance.below(chance.happens(0.9) ? 200 : 2_000))
    sent.push(datagram)
    const cut = chance.happens(0.3) ? chance.below(datagram.length + 1) : datagram.length
    add(OPCODE.binary, datagram.subarray(0, cut), cut === datagram.length)
    if (chance.happens(0.3))
      add(chance.pick([OPCODE.ping, OPCODE.pong]), chance.bytes(chance.below(MAX_CONTROL + 1)))
    if (cut < datagram.length) add(OPCODE.continuation, datagram.subarray(cut))
  }
  if (chance.happens(0.2)) add(OPCODE.close, chance.bytes(chance.below(6)))
  const isWhole = chance.happens(0.3)
  if (!isWhole) spoil(chance, frames, !isClient)
  const genuine = joined(...frames)
  const stream = isWhole || chance.happens(0.3) ? genuine : chance.mutate(genuine)
  const codec = new WebSocketCodec(isClient, new VirtualClock())
  const came = readCut(codec, chance.pieces(stream))
  const length = came.reduce((sum, { length }) => sum + length, 0)
  expectThat(length <= stream.length, `${length} bytes came out of ${stream.length}`)
  expectThat(codec.answers.length <= 1, `${codec.answers.length} answers wait`)
  for (const answer of codec.answers) expectThat(answer.length <= MAX_CONTROL + MAX_HEADER, 'a long answer')
  if (!isWhole) return
  expectThat(Buffer.compare(joined(...came), joined(...sent)) === 0, 'what came is not what was sent')
  expectThat(came.length === sent.length, `${came.length} came of ${sent.length}`)
}

/** Puts frames in that no writer makes: of any type, masked wrongly, not final, or more of a message than it may have. */
function spoil(chance: Chance, frames: Uint8Array[], masked: boolean): void {
  for (let times = chance.below(4); times > 0; times--) {
    const opcode = chance.below(16)
    const bad = frame(
      chance,
      opcode,
      chance.bytes(chance.below(140)),
      chance.happens(0.5),
      masked !== chance.happens(0.1),
    )
    frames.splice(
      chance.below(frames.length + 1),
      0,
      ...new Array<Uint8Array>(chance.pick([1, 1, 2, 20])).fill(bad),
    )
  }
}

function frame(
  chance: Chance,
  opcode: number,
  payload: Uint8Array,
  final: boolean,
  masked: boolean,
): Uint8Array {
  const bytes = new Uint8Array(MAX_HEADER + payload.length)
  const header = headerBytes(payload.length, masked)
  writeHeader(bytes, 0, opcode, payload.length, masked)
  if (!final) bytes[0]! &= ~FINAL
  const mask = masked ? chance.bytes(4) : new Uint8Array(4)
  if (masked) bytes.set(mask, header - mask.length)
  bytes.set(
    payload.map((byte, at) => byte ^ mask[at % mask.length]!),
    header,
  )
  return bytes.subarray(0, header + payload.length)
}
