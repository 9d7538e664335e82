import { HEADROOM, TAILROOM } from '../api/packet.js'
import { bufferOf, offsetOf } from '../bytes/views.js'

/** Gives that many bytes of zeroed memory, for good. Native memory and portable memory alike. */
export type Allocate = (bytes: number) => Uint8Array

/** Bytes. Packets begin at multiples of it, a cache line, which copies and ciphers like. */
export const LINE = 64

/** Bytes that a packet of at most `bytes` takes with the room around it. */
export function slotBytes(bytes: number): number {
  return (HEADROOM + bytes + TAILROOM + LINE - 1) & -LINE
}

/**
 * The `length` bytes at `at` of `memory`; `previous` if it is already that view. Bulk traffic makes the
 * same views over and over, and a new one costs 30 ns and a collection later.
 */
export function viewAt(memory: Uint8Array, at: number, length: number, previous: Uint8Array): Uint8Array {
  const from = offsetOf(memory) + at
  const buffer = bufferOf(memory)
  if (offsetOf(previous) === from && previous.length === length && bufferOf(previous) === buffer)
    return previous
  return new Uint8Array(buffer, from, length)
}
