/** The ones' complement sum of the 16-bit words from `from` up to `to`, added to `initial` and folded. RFC 1071 */
export function onesComplementSum(bytes: Uint8Array, from: number, to: number, initial = 0): number {
  let total = initial
  for (let at = from; at + 1 < to; at += 2) total += (bytes[at]! << 8) | bytes[at + 1]!
  if ((to - from) % 2 === 1) total += bytes[to - 1]! << 8
  return folded(total)
}

/** The 16-bit ones' complement sum that `total` stands for. */
export function folded(total: number): number {
  let sum = total
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000)
  return sum
}
