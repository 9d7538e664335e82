/** Types of frames. RFC 6455 section 5.2; those from `close` on are control frames. */
export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const

/** Why a WebSocket is closed. RFC 6455 section 7.4.1 */
export const CLOSE_CODE = {
  normal: 1000,
  goingAway: 1001,
  protocol: 1002,
  unsupported: 1003,
  tooBig: 1009,
} as const

export const MASK_BYTES = 4
/** Bytes of the header of a frame that a datagram fits: two, a 16-bit length, and a mask. */
export const MAX_HEADER = 2 + 2 + MASK_BYTES

const FINAL = 0x80
const RESERVED = 0x70
const OPCODE_BITS = 0x0f
const MASKED = 0x80
const LENGTH_BITS = 0x7f
/** Lengths that say that the real one follows, in 16 or 64 bits. */
const LENGTH_16 = 126
const LENGTH_64 = 127

/** What a header says. `bytes` is its own length; reused for each frame. */
export interface FrameHeader {
  final: boolean
  /** A bit is set that belongs to an extension, and none was agreed on. */
  reserved: boolean
  opcode: number
  masked: boolean
  /** Bytes of the payload; Infinity if it is more than any frame may have here. */
  length: number
  bytes: number
}

/** Reads the header at `at` into `header`; false if it is not whole before `end`. */
export function readHeader(bytes: Uint8Array, at: number, end: number, header: FrameHeader): boolean {
  if (end - at < 2) return false
  const first = bytes[at]!
  const second = bytes[at + 1]!
  const short = second & LENGTH_BITS
  const lengthBytes = short === LENGTH_64 ? 8 : short === LENGTH_16 ? 2 : 0
  header.final = (first & FINAL) !== 0
  header.reserved = (first & RESERVED) !== 0
  header.opcode = first & OPCODE_BITS
  header.masked = (second & MASKED) !== 0
  header.bytes = 2 + lengthBytes + (header.masked ? MASK_BYTES : 0)
  if (end - at < header.bytes) return false
  header.length = short
  if (short === LENGTH_16) header.length = (bytes[at + 2]! << 8) | bytes[at + 3]!
  else if (short === LENGTH_64) header.length = Number.POSITIVE_INFINITY
  return true
}

/** Bytes of the header of a whole message of up to 65,535 bytes, with the mask at its end. */
export function headerBytes(length: number, masked: boolean): number {
  return (length < LENGTH_16 ? 2 : 4) + (masked ? MASK_BYTES : 0)
}

/** Writes such a header, but for the mask. */
export function writeHeader(
  bytes: Uint8Array,
  at: number,
  opcode: number,
  length: number,
  masked: boolean,
): void {
  const mask = masked ? MASKED : 0
  bytes[at] = FINAL | opcode
  if (length < LENGTH_16) {
    bytes[at + 1] = mask | length
    return
  }
  bytes[at + 1] = mask | LENGTH_16
  bytes[at + 2] = length >>> 8
  bytes[at + 3] = length
}

/** A control frame with its payload, which is not masked yet; `mask` is empty for a server's. */
export function controlFrame(opcode: number, payload: Uint8Array, mask: Uint8Array): Uint8Array {
  const frame = new Uint8Array(2 + mask.length + payload.length)
  writeHeader(frame, 0, opcode, payload.length, mask.length > 0)
  frame.set(mask, 2)
  frame.set(payload, 2 + mask.length)
  return frame
}
