import { packet as recipePacket } from '../../lab/offload-packets.js'
import { HEADROOM, MAX_PACKET, type Packet, TAILROOM } from '../../src/core/api/packet.js'
import { ScratchMemory } from '../../src/native/base/scratch-memory.js'

/** Bytes of a small packet, a full one, and a super-packet of 47 segments. */
export const SIZES = [64, 1400, 64_900] as const
/** Bytes of IPv4's and TCP's headers without options. */
const HEADERS = 40
/** Payload bytes of a segment: what an MTU of 1420 leaves. */
export const SEGMENT = 1380

const memory = new ScratchMemory()

/** Memory of the arena where there is one, as the product has it. */
export const allocate = memory.allocate

/** How many packets of a size one run deals with. */
export function batchOf(bytes: number): number {
  return bytes > 2000 ? 8 : 128
}

/** A batch of TCP packets of one flow with room around each; super-packets where they are longer than an MTU. */
export function batch(bytes: number, count = batchOf(bytes)): Packet[] {
  return Array.from({ length: count }, (_, index) => {
    const payload = new Uint8Array(bytes - HEADERS).fill(index)
    const segmentSize = payload.length > SEGMENT ? SEGMENT : 0
    const sequence = index * payload.length
    const recipe = { version: 4, protocol: 'tcp', payload, segmentSize, sequence, flags: 0x10 } as const
    const made = recipePacket(recipe)
    return { ...made, bytes: placed(made.bytes) }
  })
}

/** A copy in the product's memory, with room around it. */
export function placed(bytes: Uint8Array): Uint8Array {
  const room = allocate(HEADROOM + MAX_PACKET + TAILROOM)
  const view = new Uint8Array(room.buffer, room.byteOffset + HEADROOM, bytes.length)
  view.set(bytes)
  return view
}
