import type { Packet } from '../api/packet.js'
import { Headers, parse, UDP } from './ip.js'
import type { Allocate } from './memory.js'
import { createSegmenter } from './segmenter.js'

/** What a kernel delivers and takes on a TUN device. */
export interface Offload {
  /** TCP super-packets and partial checksums. */
  readonly tcp: boolean
  /** UDP super-packets, too. Linux 6.2 or later. */
  readonly udp: boolean
}

/** Makes of batches what the kernel takes: the far end's may know more offload. */
export interface UntakenCutter {
  /**
   * The batch as it is or, if something in it is not taken, with its super-packets segmented, in one batch or several. The
   * order is kept. What it yields is lent until the next batch is asked for.
   */
  cut(packets: readonly Packet[]): Iterable<readonly Packet[]>
  /** Packets that could not be segmented, by cause. */
  readonly drops: Readonly<Record<string, number>>
}

/** Makes a cutter for a kernel that does not take everything, in memory that it takes from `allocate` once, 290 KiB. */
export function createUntakenCutter(allocate: Allocate, { tcp }: Offload): UntakenCutter {
  const segmenter = createSegmenter(allocate)
  const headers = new Headers()
  const checksum = tcp ? 'partial' : 'full'
  const isTaken = (packet: Packet) => {
    if (packet.segmentSize === 0) return tcp || packet.checksum === 'full'
    return tcp && !(parse(packet.bytes, headers) && headers.protocol === UDP)
  }
  return {
    cut: (packets) => (packets.every(isTaken) ? [packets] : segmenter.segment(packets, checksum)),
    drops: segmenter.drops,
  }
}
