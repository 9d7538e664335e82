import { systemClock } from '../../src/core/time/system-clock.js'
import { native } from '../../src/native/base/native.js'
import { StreamOutput } from '../../src/native/sockets/stream-output.js'
import type { FrameCodec } from '../../src/transports/streams/frame-codec.js'
import { FrameParser, writeFrame } from '../../src/transports/streams/framing.js'
import { LengthCodec } from '../../src/transports/tcp/length-codec.js'
import { WebSocketCodec } from '../../src/transports/websocket/websocket-codec.js'
import { allocate, batchOf, SIZES } from './packets.js'
import type { Stage } from './stage.js'

/** Bytes. What is masked is copied, and has to fit. */
const MOST_COPIED = 250_000

/** Bytes of the longest frame around a datagram: a WebSocket's, masked. */
const FRAME = 14

/** Putting datagrams into frames of streams, and taking them out. */
export function framingStages(): Stage[] {
  return SIZES.flatMap((bytes) => [...nativeStages(bytes), ...portableStages(bytes)])
}

/** On the bare descriptor; none without koffi. */
function nativeStages(bytes: number): Stage[] {
  try {
    native()
  } catch {
    return []
  }
  return [
    ...codecStages('length', new LengthCodec(), () => new LengthCodec(), bytes),
    ...codecStages(
      'websocket',
      new WebSocketCodec(true, systemClock),
      () => new WebSocketCodec(false, systemClock),
      bytes,
    ),
  ]
}

function codecStages(name: string, writer: FrameCodec, reader: () => FrameCodec, bytes: number): Stage[] {
  const output = new StreamOutput(native().arena)
  const packets = Math.min(batchOf(bytes), Math.floor(MOST_COPIED / bytes))
  const datagrams = Array.from({ length: packets }, () => allocate(bytes))
  const write = () => {
    output.clear()
    for (const datagram of datagrams) writer.write(output, datagram)
  }
  write()
  const stream = new Uint8Array(output.bytes)
  output.copyRest(0, stream)
  const received = allocate(stream.length)
  const found: Uint8Array[] = []
  const repeated = repeat(packets)
  return [
    { name: `frame ${name}: write`, bytes, packets: packets * repeated, run: times(repeated, write) },
    {
      name: `frame ${name}: read`,
      bytes,
      packets: packets * repeated,
      run: times(repeated, () => {
        received.set(stream) // unmasking changes it; this copy is counted, too
        found.length = 0
        reader().read(received, 0, received.length, found)
        if (found.length !== packets) throw new Error(`Cannot read frames: ${found.length} of ${packets}`)
      }),
    },
  ]
}

/** Through net.Socket. */
function portableStages(bytes: number): Stage[] {
  const packets = batchOf(bytes)
  const datagram = new Uint8Array(bytes)
  const stream = new Uint8Array((bytes + FRAME) * packets)
  const write = () => {
    let at = 0
    for (let packet = 0; packet < packets; packet++) at = writeFrame(stream, at, datagram)
    return at
  }
  const end = write()
  const parser = new FrameParser()
  const read = () => {
    const { length } = parser.push(stream.subarray(0, end))
    if (length !== packets) throw new Error(`Cannot read frames: ${length} of ${packets}`)
  }
  return [
    { name: 'frame length, portable: write', bytes, packets, run: () => void write() },
    { name: 'frame length, portable: read', bytes, packets, run: read },
  ]
}

/** Runs until there are enough packets for the clock. */
function repeat(packets: number): number {
  return Math.ceil(128 / packets)
}

function times(count: number, work: () => void): () => void {
  return () => {
    for (let time = 0; time < count; time++) work()
  }
}
