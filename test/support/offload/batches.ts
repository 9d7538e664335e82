import { pattern, type Recipe } from '../../../lab/offload-packets.js'
import type { Packet } from '../../../src/core/api/packet.js'
import { createSegmenter } from '../../../src/core/offload/index.js'

/** A packet that others of its flow may follow. */
export const FIRST: Recipe = {
  version: 4,
  protocol: 'tcp',
  payload: pattern(100),
  id: 7,
  sequence: 1000,
  fragment: 0x4000,
  tcpOptions: pattern(12),
}

/** The packet that continues FIRST, `change` apart. */
export function next(change: Partial<Recipe> = {}): Recipe {
  return { ...FIRST, id: 8, sequence: 1100, ...change }
}

/** Copies of the packets that a segmenter of its own makes of a batch. */
export function split(packets: readonly Packet[], checksum: Packet['checksum'] = 'partial'): Packet[] {
  return collect(createSegmenter(allocate).segment(packets, checksum))
}

/** A copy of a packet that outlives the loan. */
export function copyOf(packet: Packet): Packet {
  return { ...packet, bytes: packet.bytes.slice() }
}

/** All of a packet as text, which compares a hundred times faster than its bytes one by one. */
export function textOf({ bytes, segmentSize, checksum }: Packet): string {
  return `${segmentSize} ${checksum} ${Buffer.from(bytes).toString('hex')}`
}

/** Memory as the composition root's portable allocator gives it. */
export const allocate = (bytes: number) => new Uint8Array(bytes)

/** Copies of the packets of all batches, which are lent one after another. */
export function collect(batches: Iterable<readonly Packet[]>): Packet[] {
  const copies: Packet[] = []
  for (const packets of batches) copies.push(...packets.map(copyOf))
  return copies
}
