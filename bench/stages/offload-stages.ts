import type { Packet } from '../../src/core/api/packet.js'
import { createCoalescer, createSegmenter } from '../../src/core/offload/index.js'
import { allocate, batch, placed, SIZES } from './packets.js'
import type { Stage } from './stage.js'

const [SMALL, FULL, SUPER] = SIZES

/** Splitting super-packets and joining them again. */
export function offloadStages(): Stage[] {
  return [
    splitting('partial'),
    splitting('full'),
    joining('join into super-packets', pieces('partial')),
    joining('join, checksums verified', pieces('full')),
    joining('join where nothing joins', unrelated(FULL)),
    joining('join where nothing joins', unrelated(SMALL)),
  ]
}

function splitting(checksum: Packet['checksum']): Stage {
  const segmenter = createSegmenter(allocate)
  const packets = batch(SUPER)
  const name = checksum === 'full' ? 'split, checksums completed' : 'split'
  const run = () => {
    for (const segments of segmenter.segment(packets, checksum)) {
      if (segments.length < packets.length) throw new Error('Cannot segment: packets were dropped')
    }
  }
  return { name, bytes: SUPER, packets: packets.length, run }
}

function joining(name: string, packets: readonly Packet[]): Stage {
  const coalescer = createCoalescer(allocate, { udp: true })
  const bytes = packets[0]!.bytes.length
  return { name, bytes, packets: packets.length, run: () => void coalescer.coalesce(packets) }
}

/** The packets of one super-packet. */
function pieces(checksum: Packet['checksum']): Packet[] {
  const [segments = []] = createSegmenter(allocate).segment(batch(SUPER, 1), checksum)
  return segments.map((segment) => ({ ...segment, bytes: placed(segment.bytes) }))
}

/** Packets of which none continues another: the next one's sequence number is not the one that is expected. */
function unrelated(bytes: number): Packet[] {
  return batch(bytes).reverse()
}
