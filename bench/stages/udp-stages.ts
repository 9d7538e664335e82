import { HEADROOM, type Packet, TAILROOM } from '../../src/core/api/packet.js'
import { type Train, type TrainSender, trainOpener } from '../../src/core/api/trains.js'
import type { Link } from '../../src/core/api/transport.js'
import { CutSender } from '../../src/core/forwarding/cut-sender.js'
import { createCoalescer, createJoiner, createSegmenter } from '../../src/core/offload/index.js'
import { LINK, MAX_DATAGRAM, session } from './cipher-stages.js'
import { allocate, batch, SEGMENT, SIZES } from './packets.js'
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
    const seal = (sendTrain: (train: Train) => void) => {
      const link: Link & TrainSender = { ...LINK, sendTrain }
      sender.send(near.peer, link, packets, checksum, MAX_DATAGRAM, 0)
    }
    // As the kernel's GRO has them: one behind the other in the product's memory.
    const room = allocate(HEADROOM + 2 * MAX_DATAGRAM + TAILROOM)
    let trains: Train[] = []
    const keep = ({ bytes, size }: Train) => {
      room.set(bytes, HEADROOM)
      trains = [{ bytes: room.subarray(HEADROOM, HEADROOM + bytes.length), size }]
    }
    seal(keep)
    const [first] = trains
    const segments = Math.ceil(first!.bytes.length / first!.size)
    const opener = trainOpener(far.cipher)!
    const joiner = createJoiner(allocate, { udp: true })
    const coalescer = createCoalescer(allocate, { udp: true })
    const isWhole = (joined: readonly Packet[] | undefined) => joined?.length === 1
    stages.push(
      {
        name: `udp ${name}: split and seal`,
        bytes: SEGMENT,
        packets: segments,
        prepare: restore,
        run: () => seal(() => {}),
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
          const [opened] = opener.openTrains(LINK, trains, joiner, 0).opened
          if (!isWhole(opened && coalescer.coalesce(opened.packets)))
            throw new Error(`Cannot join what ${name} opened`)
        },
      },
    )
  }
  return stages
}
