import type { Packet } from '../../../src/core/packet.js'

/** A copy of a packet that outlives the loan. */
export function copyOf(packet: Packet): Packet {
  return { ...packet, bytes: packet.bytes.slice() }
}

/** Memory as the composition root's portable allocator gives it. */
export const allocate = (bytes: number) => new Uint8Array(bytes)

/** Collects what a splitter hands on. */
export function collect(run: (take: (packets: readonly Packet[]) => void) => void): Packet[] {
  const taken: Packet[] = []
  run((packets) => {
    for (const packet of packets) taken.push(copyOf(packet))
  })
  return taken
}
