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
   * Calls `take` with the batch as it is, or if something in it is not taken, with its super-packets segmented: then once or
   * several times. The order is kept.
   */
  cut(packets: readonly Packet[], take: (packets: readonly Packet[]) => void): void
  /** Packets that could not be segmented, by cause. */
  readonly drops: Readonly<Record<string, number>>
}

/** Makes a cutter for a kernel that does not take everything, in memory that it takes from `allocate` once, 224 KiB. */
export function createUntakenCutter(allocate: Allocate, { tcp }: Offload): UntakenCutter {
  const segmenter = createSegmenter(allocate)
  const headers = new Headers()
  const checksum = tcp ? 'partial' : 'full'
  const isTaken = (packet: Packet) => {
    if (packet.segmentSize === 0) return tcp || packet.checksum === 'full'
    return tcp && !(parse(packet.bytes, headers) && headers.protocol === UDP)
  }
  return {
    cut(packets, take) {
      if (packets.every(isTaken)) take(packets)
      else segmenter.segment(packets, checksum, take)
    },
    drops: segmenter.drops,
  }
}
