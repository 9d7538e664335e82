/**
 * Segmentation offload: what makes super-packets of packets and packets of super-packets. Pure functions on
 * bytes and the only place, with the TUN drivers, that knows virtio headers.
 *
 * Out of the host: the Linux driver reads a header and a packet, `decodeHeader` makes a Packet of them. The
 * pump sends it as it is where the far end and the link take super-packets, else after `Splitter.split`. Into the
 * host: the driver passes what it is to write through `Joiner.join`, then puts `encodeHeader`'s header before each
 * packet; what a kernel with less offload does not take is cut before that. A driver without such headers passes it through `Splitter.split(…, 'full', …)`.
 *
 * `allocate` is `(bytes) => new Uint8Array(bytes)` or the native arena's; each splitter or joiner takes its
 * memory once.
 */
export { createUntakenCutter, type Offload, type UntakenCutter } from './cut-untaken.js'
export { createJoiner, type Joiner, type JoinerOptions } from './join.js'
export type { Allocate } from './memory.js'
export { createSplitter } from './split.js'
