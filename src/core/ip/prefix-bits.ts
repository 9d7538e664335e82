/** The four bits of an address after `step` times four. */
export function nibble(address: Uint8Array, step: number): number {
  const byte = address[step >>> 1]!
  return step % 2 === 0 ? byte >>> 4 : byte & 15
}

/**
 * A text that two addresses of one length have in common exactly where they begin with the same `bits`. Throws a
 * RangeError if there are not so many bits.
 */
export function prefixKey(address: Uint8Array, bits: number): string {
  const most = address.length * 8
  if ((most !== 32 && most !== 128) || !Number.isInteger(bits) || bits < 0 || bits > most) {
    throw new RangeError(`Cannot use a prefix of ${bits} bits of ${address.length} bytes`)
  }
  const kept = address.slice(0, Math.ceil(bits / 8))
  if (bits % 8 !== 0) kept[kept.length - 1]! &= 0xff << (8 - (bits % 8))
  return `${address.length}/${bits}/${String.fromCharCode(...kept)}`
}
