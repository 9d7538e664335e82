// Network order, on plain views: an indexed read takes 1 ns, Buffer.readUInt16BE 19 and a DataView per packet 65.

/** The 16-bit number at `at`. */
export function get16(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!
}

/**
 * The 32-bit number at `at` as a signed integer, which V8 keeps unboxed: for comparing and modular adding.
 */
export function get32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!
}

/** Writes the low 16 bits of `value`. */
export function set16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >> 8
  bytes[at + 1] = value
}

/** Writes the low 32 bits of `value`. */
export function set32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >> 24
  bytes[at + 1] = value >> 16
  bytes[at + 2] = value >> 8
  bytes[at + 3] = value
}
