/**
 * Segmentation offload: what makes super-packets of packets and packets of super-packets. Pure functions on
 * bytes; only the TUN drivers know virtio headers.
 *
 * Out of the host: the Linux driver reads a header and a packet, `decodeHeader` makes a Packet of them. The
 * pump sends it as it is if the far end and the link take super-packets, else after `Segmenter.segment`. Into the
 * host: the driver passes what it is to write through `Coalescer.coalesce`, then puts `encodeHeader`'s header before each
 * packet; what a kernel with less offload does not take is segmented before that. A driver without such headers passes it through
 * `Segmenter.segment(…, 'full')`.
 *
 * `allocate` is `(bytes) => new Uint8Array(bytes)` or the native arena's; each segmenter or coalescer takes its
 * memory once.
 */

export { type Coalescer, type CoalescerOptions, createCoalescer } from './coalescer.js'
export { createUntakenCutter, type Offload, type UntakenCutter } from './cut-untaken.js'
export { createJoiner } from './joiner.js'
export type { Allocate } from './memory.js'
export { createSegmenter, type Segmenter } from './segmenter.js'
