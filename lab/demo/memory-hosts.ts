import { MTU } from '../../src/core/api/config.js'
import type { MemoryTunDevice } from '../../src/tun/memory.js'
import { Content, hashOf } from './content.js'
import { COPY_LIMIT, COPY_TIME, type Measurement, measureRoundTrip } from './measurement.js'

/** Fields of the packets that the two hosts exchange: an IPv4 header, what the packet is, a number, and data. */
const IPV4_HEADER = 20
const TOTAL_LENGTH = 2
const PROTOCOL = 9
/** For experiments. RFC 3692 */
const EXPERIMENT = 253
const KIND = IPV4_HEADER
const NUMBER = KIND + 1
const DATA = NUMBER + 4
const CHUNK_BYTES = MTU.default - DATA
/** Packets that are sent before the far host acknowledges them all. */
const WINDOW = 32
/** Milliseconds after which they are sent again. */
const LOST_AFTER = 300

type Kind = 'question' | 'answer' | 'chunk' | 'acknowledgement'
const KINDS: readonly Kind[] = ['question', 'answer', 'chunk', 'acknowledgement']

/** Lets two hosts in memory ping and copy through the tunnel between their devices. */
export async function measureInMemory(near: MemoryTunDevice, far: MemoryTunDevice): Promise<Measurement> {
  const pieces = playFarHost(far)
  const received = new Received(near)
  let pings = 0
  const roundTrip = await measureRoundTrip((patience) => {
    near.inject(packetOf('question', ++pings))
    return received.within('answer', pings, patience)
  })
  const content = new Content(CHUNK_BYTES)
  const begun = performance.now()
  let copied = 0
  while (performance.now() < begun + COPY_TIME && copied * CHUNK_BYTES < COPY_LIMIT) {
    const chunks = Array.from({ length: WINDOW }, (_, at) => content.chunk(copied + at))
    near.inject(...chunks.map((chunk, at) => packetOf('chunk', copied + at, chunk)))
    if (await received.within('acknowledgement', copied + WINDOW, LOST_AFTER)) copied += WINDOW
  }
  return {
    ...roundTrip,
    copiedBytes: copied * CHUNK_BYTES,
    copySeconds: (performance.now() - begun) / 1000,
    hashEqual: hashOf(pieces.slice(0, copied)) === content.hash(copied),
  }
}

/** Answers questions, and takes chunks in their order; returns what it has taken. */
function playFarHost(device: MemoryTunDevice): Uint8Array[] {
  const pieces: Uint8Array[] = []
  device.host = (packets) => {
    const replies: Uint8Array[] = []
    for (const { bytes } of packets) {
      const { kind, number } = read(bytes)
      if (kind === 'question') replies.push(packetOf('answer', number))
      if (kind !== 'chunk') continue
      if (number === pieces.length) pieces.push(bytes.slice(DATA)) // packets are lent
      if (number % WINDOW === WINDOW - 1) replies.push(packetOf('acknowledgement', pieces.length))
    }
    // Not from within the pump's pass: a host answers later, too.
    if (replies.length > 0) setImmediate(() => device.inject(...replies))
  }
  return pieces
}

/** What the near host hears. */
class Received {
  #listener: ((kind: Kind | undefined, number: number) => void) | undefined

  constructor(device: MemoryTunDevice) {
    device.host = (packets) => {
      for (const { bytes } of packets) {
        const { kind, number } = read(bytes)
        this.#listener?.(kind, number)
      }
    }
  }

  /** Whether a packet of that kind and number comes within so many milliseconds. */
  within(kind: Kind, number: number, patience: number): Promise<boolean> {
    return new Promise((resolve) => {
      const done = (came: boolean) => {
        clearTimeout(timer)
        this.#listener = undefined
        resolve(came)
      }
      const timer = setTimeout(() => done(false), patience)
      this.#listener = (cameKind, cameNumber) => {
        if (cameKind === kind && cameNumber === number) done(true)
      }
    })
  }
}

function packetOf(kind: Kind, number: number, data: Uint8Array = new Uint8Array(0)): Uint8Array {
  const packet = Buffer.alloc(DATA + data.length)
  packet[0] = 0x45 // version 4, a header of five words
  packet.writeUInt16BE(packet.length, TOTAL_LENGTH)
  packet[PROTOCOL] = EXPERIMENT
  packet[KIND] = KINDS.indexOf(kind)
  packet.writeUInt32BE(number, NUMBER)
  packet.set(data, DATA)
  return packet
}

function read(bytes: Uint8Array): { kind: Kind | undefined; number: number } {
  const packet = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  return { kind: KINDS[packet[KIND]!], number: packet.readUInt32BE(NUMBER) }
}
