/** The kinds of message on the wire, by the first of four bytes; the other three are 0. */
export const MESSAGE_TYPES = { initiation: 1, response: 2, cookie: 3, data: 4 } as const

/** A kind of message. */
export type MessageKind = keyof typeof MESSAGE_TYPES

/** Where an initiation and a response bear their sender's index: 4 bytes, little-endian as all on the wire. */
export const SENDER_AT = 4
/** Where what follows the index of an initiation begins. */
export const INITIATION_BODY_AT = 8
/** Where a response bears the index of the initiation's sender. */
export const RESPONSE_RECEIVER_AT = 8
/** Where what follows the indices of a response begins. */
export const RESPONSE_BODY_AT = 12

/** Where data and cookie replies bear the receiver's index. */
export const RECEIVER_AT = 4

/** Where data bears its counter: 8 bytes. */
export const COUNTER_AT = 8
const WORD = 2 ** 32
/** Bytes before the sealed text of data. */
export const DATA_HEADER = 16

/** Where a cookie reply bears its nonce: 24 bytes. */
export const COOKIE_NONCE_AT = 8
/** Where a cookie reply bears the sealed cookie: 16 bytes and a tag of 16. */
export const COOKIE_SEALED_AT = 32
/** Bytes of a cookie reply. */
export const COOKIE_BYTES = 64

/** A message of the given length with its type written and the rest 0. */
export function startMessage(kind: MessageKind, length: number): Uint8Array<ArrayBuffer> {
  const message = new Uint8Array(length)
  message[0] = MESSAGE_TYPES[kind]
  return message
}

/** The index at `at`. */
export function readIndex(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0
}

/** Writes an index at `at`. */
export function writeIndex(bytes: Uint8Array, at: number, index: number): void {
  bytes[at] = index
  bytes[at + 1] = index >>> 8
  bytes[at + 2] = index >>> 16
  bytes[at + 3] = index >>> 24
}

/** The counter of data that begins at `at`; not exact if it is 2^53 or more. */
export function readCounter(bytes: Uint8Array, at = 0): number {
  return readIndex(bytes, at + COUNTER_AT + 4) * WORD + readIndex(bytes, at + COUNTER_AT)
}

/** Writes the header of data at `at`: its receiver's index, and its counter, which is less than 2^53. */
export function writeDataHeader(bytes: Uint8Array, at: number, index: number, counter: number): void {
  bytes[at] = MESSAGE_TYPES.data
  bytes[at + 1] = 0
  bytes[at + 2] = 0
  bytes[at + 3] = 0
  writeIndex(bytes, at + RECEIVER_AT, index)
  writeIndex(bytes, at + COUNTER_AT, counter >>> 0)
  writeIndex(bytes, at + COUNTER_AT + 4, Math.floor(counter / WORD))
}

/** Whether the datagram at `at` bears a message type, as the first of four bytes of which the others are 0. */
export function isMessage(bytes: Uint8Array, type: number, at = 0): boolean {
  return bytes[at] === type && bytes[at + 1] === 0 && bytes[at + 2] === 0 && bytes[at + 3] === 0
}
