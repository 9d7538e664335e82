import { HEADROOM, type Packet, TAILROOM } from '../../core/api/packet.js'

/** Bytes. */
const IPV4_HEADER = 20
const IPV6_HEADER = 40
/** Bytes around a packet and its room that nobody may touch. */
const GUARD = 16
const GUARD_BYTE = 0xa5

/** Bytes of a packet that a cipher may look into: an IP header with the right length, then what `seed` makes. */
export function ipPacket(length: number, seed = length): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let index = 0; index < length; index++) bytes[index] = seed * 7 + index * 13
  const view = new DataView(bytes.buffer)
  if (seed % 2 === 1 && length >= IPV6_HEADER) {
    view.setUint8(0, 0x60)
    view.setUint16(4, length - IPV6_HEADER) // payload length, RFC 8200
  } else if (length >= IPV4_HEADER) {
    view.setUint8(0, 0x45)
    view.setUint16(2, length) // total length, RFC 791
  }
  return bytes
}

/** A packet whose room is watched. */
export interface Guarded extends Packet {
  /** Whether nothing beyond the packet and its room was written. */
  intact(): boolean
}

/** The bytes as a packet with room around it and guards around that. */
export function guardedPacket(content: Uint8Array): Guarded {
  const { bytes, intact } = guarded(content, HEADROOM, TAILROOM)
  return { bytes, segmentSize: 0, checksum: 'full', intact }
}

/** A copy of `content` within memory of which only it and `before` and `after` bytes around it may be written. */
export function guarded(
  content: Uint8Array,
  before = 0,
  after = 0,
): { bytes: Uint8Array; intact(): boolean } {
  const memory = new Uint8Array(GUARD + before + content.length + after + GUARD).fill(GUARD_BYTE)
  const start = GUARD + before
  memory.set(content, start)
  const guards = [memory.subarray(0, GUARD), memory.subarray(memory.length - GUARD)]
  return {
    bytes: memory.subarray(start, start + content.length),
    intact: () => guards.every((guard) => guard.every((byte) => byte === GUARD_BYTE)),
  }
}

/** Numbers from 0 to below 1 that are the same in every run: the generator mulberry32. */
export function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Random bytes, by a generator of `randomFrom`. */
export function randomBytes(length: number, random: () => number): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let index = 0; index < length; index++) bytes[index] = random() * 256
  return bytes
}
