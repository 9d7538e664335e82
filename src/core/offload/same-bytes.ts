/** Whether `a` and `b` hold the same bytes from `from` up to, not including, `to`. */
export function sameBytes(a: Uint8Array, b: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (a[i] !== b[i]) return false
  return true
}
