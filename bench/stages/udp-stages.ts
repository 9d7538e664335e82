import type { Packet } from '../../src/core/api/packet.js'
import type { Train, TrainSender } from '../../src/core/api/trains.js'
import type { Link } from '../../src/core/api/transport.js'
import { CutSender } from '../../src/core/forwarding/cut-sender.js'
import { createCoalescer, createSegmenter } from '../../src/core/offload/index.js'
import { LINK, MAX_DATAGRAM, session } from './cipher-stages.js'
import { allocate, batch, placed, SEGMENT, SIZES } from './packets.js'
import type { Stage } from './stage.js'

const [, , SUPER] = SIZES

/** All that a super-packet's way over UDP costs but the kernel and the transport: per segment, with each cipher. */
export async function udpStages(): Promise<Stage[]> {
  const stages: Stage[] = []
  for (const name of ['aes-256-gcm', 'wireguard']) {
    const [near, far] = await session(name)
    const packets = batch(SUPER, 1)
    const kept = packets.map(({ bytes }) => bytes.slice())
    const restore = () => {
      for (const [index, bytes] of kept.entries()) packets[index]!.bytes.set(bytes)
    }
    const checksum = name === 'wireguard' ? 'full' : 'partial'
    const segmenter = createSegmenter(allocate)
    const sender = new CutSender(near.cipher, segmenter)
    const seal = (use: (datagrams: readonly Uint8Array[]) => void) => {
      const sendTrain = (train: Train) => use(datagramsOf(train))
      const link: Link & TrainSender = { ...LINK, send: use, sendTrain }
      sender.send(near.peer, link, packets, checksum, MAX_DATAGRAM, 0)
    }
    const nowhere: Link & TrainSender = { ...LINK, sendTrain() {} }
    let sealed: Uint8Array[] = []
    const room: Uint8Array[] = []
    const keep = (datagrams: readonly Uint8Array[]) => {
      sealed = datagrams.map((datagram, index) => {
        room[index] ??= placed(new Uint8Array(SEGMENT + 200))
        const copy = room[index]!.subarray(0, datagram.length)
        copy.set(datagram)
        return copy
      })
    }
    seal(keep)
    const segments = sealed.length
    const coalescer = createCoalescer(allocate, { udp: true })
    const isWhole = (joined: readonly Packet[] | undefined) => joined?.length === 1
    stages.push(
      {
        name: `udp ${name}: split and seal`,
        bytes: SEGMENT,
        packets: segments,
        prepare: restore,
        run: () => sender.send(near.peer, nowhere, packets, checksum, MAX_DATAGRAM, 0),
      },
      {
        name: `udp ${name}: open and join`,
        bytes: SEGMENT,
        packets: segments,
        prepare() {
          restore()
          seal(keep)
        },
        run() {
          const [opened] = far.cipher.open(LINK, sealed, 0).opened
          if (!isWhole(opened && coalescer.coalesce(opened.packets)))
            throw new Error(`Cannot join what ${name} opened`)
        },
      },
    )
  }
  return stages
}

function datagramsOf({ bytes, size }: Train): Uint8Array[] {
  const count = Math.ceil(bytes.length / size)
  return Array.from({ length: count }, (_, index) => bytes.subarray(index * size, (index + 1) * size))
}
