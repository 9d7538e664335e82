/** The version of what a body says. */
const VERSION = 1
/** Bytes before the data of a request or an answer. */
export const HEAD_BYTES = 40
/** Bytes before what a record of a streamed answer holds. */
export const RECORD_BYTES = 4
/** Bytes of random that name a session. */
export const SESSION_BYTES = 16
/** Bytes of data in one record at the most. */
export const MAX_RECORD = 65_536

// Where the fields of a head begin; all numbers are in network order.
const KIND_AT = 1
const FLAGS_AT = 2
const SESSION_AT = 4
const ACK_AT = SESSION_AT + SESSION_BYTES
const OFFSET_AT = ACK_AT + 8
const WINDOW_AT = OFFSET_AT + 8

/** By their numbers on the wire: what is asked for, and what answers it. */
const KINDS = [undefined, 'open', 'up', 'down', 'close', 'whole', 'stream'] as const
export type Kind = Exclude<(typeof KINDS)[number], undefined>

/** The client reads answers as they end, not as they come: data waits for a whole answer. */
export const POLL = 1
/** An answer was lost: data is sent again from the acknowledged byte on. */
export const AGAIN = 2
/** Whether a streamed answer passes is to be tried: it gets marks alone. */
export const TRIAL = 4

/** What every body begins with. */
export interface Head {
  readonly kind: Kind
  readonly flags: number
  readonly session: Uint8Array
  /** Where the sender's contiguous bytes of the other direction end. */
  readonly ack: number
  /** Where the data of this body begins in its direction. */
  readonly offset: number
  /** Bytes that the sender takes beyond `ack`. */
  readonly window: number
}

/** A record of a streamed answer, by its first byte. */
export const RECORD = { data: 1, mark: 2, end: 3, skip: 4 } as const

/** The bytes of a head. */
export function writeHead({ kind, flags, session, ack, offset, window }: Head): Uint8Array {
  const bytes = new Uint8Array(HEAD_BYTES)
  const view = new DataView(bytes.buffer)
  bytes[0] = VERSION
  bytes[KIND_AT] = KINDS.indexOf(kind)
  bytes[FLAGS_AT] = flags
  bytes.set(session, SESSION_AT)
  view.setBigUint64(ACK_AT, BigInt(ack))
  view.setBigUint64(OFFSET_AT, BigInt(offset))
  view.setUint32(WINDOW_AT, window)
  return bytes
}

/** The head that these bytes, {@link HEAD_BYTES} of them, are; undefined if they are none. */
export function readHead(bytes: Uint8Array): Head | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, HEAD_BYTES)
  const kind = KINDS[bytes[KIND_AT]!]
  const ack = Number(view.getBigUint64(ACK_AT))
  const offset = Number(view.getBigUint64(OFFSET_AT))
  if (bytes[0] !== VERSION || kind === undefined) return undefined
  if (!Number.isSafeInteger(ack) || !Number.isSafeInteger(offset)) return undefined
  const session = new Uint8Array(bytes.subarray(SESSION_AT, ACK_AT))
  return { kind, flags: bytes[FLAGS_AT]!, session, ack, offset, window: view.getUint32(WINDOW_AT) }
}

/** What stands before the content of a record. */
export function recordHead(type: number, length: number): Uint8Array {
  return Uint8Array.of(type, length >>> 16, length >>> 8, length)
}

/** A record that acknowledges and shows that the answer goes on. */
export function markRecord(ack: number): Uint8Array {
  return offsetRecord(RECORD.mark, ack)
}

/** A record before data that does not follow on what the answer had so far, but begins at an offset. */
export function skipRecord(offset: number): Uint8Array {
  return offsetRecord(RECORD.skip, offset)
}

/** A record behind which an answer ends in order. */
export const END_RECORD: Uint8Array = recordHead(RECORD.end, 0)

function offsetRecord(type: number, offset: number): Uint8Array {
  const bytes = new Uint8Array(RECORD_BYTES + 8)
  bytes.set(recordHead(type, 8))
  new DataView(bytes.buffer).setBigUint64(RECORD_BYTES, BigInt(offset))
  return bytes
}
