import type { Packet } from '../../../src/core/api/packet.js'

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
