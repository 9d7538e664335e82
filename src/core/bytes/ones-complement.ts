import { get16 } from './network-order.js'
import { bufferOf, offsetOf } from './views.js'

/** Bytes. Below this, looking up a buffer's DataView costs more than it saves. */
const WORTH_A_VIEW = 64

/**
 * One DataView per memory, which is few and reused: a lookup takes 15 ns, a new view 65 and a collection
 * later.
 */
const views = new WeakMap<ArrayBufferLike, DataView>()

function viewOf(buffer: ArrayBufferLike): DataView {
  let view = views.get(buffer)
  if (view === undefined) {
    view = new DataView(buffer)
    views.set(buffer, view)
  }
  return view
}

/**
 * Adds the bytes from `from` up to `to` to `initial`, as 16-bit words in network order (RFC 1071). Not
 * folded. Words are added 32 bits at a time into doubles, which hold 2^21 of them exactly: 64 KiB take 10
 * µs, a 16-bit loop takes 24 and a byte loop 46. DataView needs no alignment and was as fast as aligned
 * arrays.
 */
export function sum(bytes: Uint8Array, from: number, to: number, initial = 0): number {
  const end = Math.min(to, bytes.length)
  let at = from
  let even = initial
  if (end - at >= WORTH_A_VIEW) {
    const view = viewOf(bufferOf(bytes))
    const base = offsetOf(bytes)
    let odd = 0
    for (const last = end - 7; at < last; at += 8) {
      even += view.getUint32(base + at)
      odd += view.getUint32(base + at + 4)
    }
    even += odd
  }
  for (const last = end - 1; at < last; at += 2) even += get16(bytes, at)
  return at < end ? even + (bytes[at]! << 8) : even
}

/** The 16-bit ones' complement sum that `total` stands for. */
export function fold(total: number): number {
  let folded = total
  while (folded > 0xffff) folded = (folded % 0x10000) + Math.floor(folded / 0x10000)
  return folded
}
