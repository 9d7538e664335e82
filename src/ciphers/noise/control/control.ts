import { CONTROL_FRAME } from '../wire/frames.js'

/**
 * Messages between Qanat ends, inside the seal: requests and responses. All numbers are big-endian.
 *
 *     0x00 | type 1 | length of the body 2 | body: version 1 | id 4 | items: type 1 | length 2 | value
 *
 * A response bears its request's id. Zeros behind a message are padding, so that a probe can be of any length. Unknown types of messages and of items are ignored.
 */
export const CONTROL_TYPES = {
  capabilitiesRequest: 1,
  capabilitiesResponse: 2,
  probe: 3,
  echo: 4,
  settingsRequest: 5,
  settingsResponse: 6,
  settingsNews: 7,
  goodbye: 8,
  datagramLimit: 9,
} as const

/** Bytes. The longest control message, so that it fits every path. */
export const MAX_CONTROL = 1200

const VERSION = 1
const TYPE_AT = 1
const LENGTH_AT = 2
const BODY_AT = 4
const ID_AT = BODY_AT + 1
const ITEMS_AT = ID_AT + 4
const ITEM_HEADER = 3

/** A control message, as read. */
export interface ControlMessage {
  readonly type: number
  readonly id: number
  readonly items: readonly ControlItem[]
}

/** A part of a control message. */
export interface ControlItem {
  readonly type: number
  readonly value: Uint8Array
}

/** Writes a control message. Throws a RangeError when it would exceed MAX_CONTROL. */
export function writeControl({ type, id, items }: ControlMessage): Uint8Array {
  const length = items.reduce((sum, { value }) => sum + ITEM_HEADER + value.length, ITEMS_AT)
  if (length > MAX_CONTROL)
    throw new RangeError(`Cannot write a control message of ${length} bytes: at most ${MAX_CONTROL}`)
  const bytes = new Uint8Array(length)
  const view = new DataView(bytes.buffer)
  bytes[0] = CONTROL_FRAME
  bytes[TYPE_AT] = type
  view.setUint16(LENGTH_AT, length - BODY_AT)
  bytes[BODY_AT] = VERSION
  view.setUint32(ID_AT, id)
  let at = ITEMS_AT
  for (const item of items) {
    bytes[at] = item.type
    view.setUint16(at + 1, item.value.length)
    bytes.set(item.value, at + ITEM_HEADER)
    at += ITEM_HEADER + item.value.length
  }
  return bytes
}

/** Reads a control message, or undefined if it is malformed. Padding behind it is ignored. */
export function readControl(bytes: Uint8Array): ControlMessage | undefined {
  if (bytes.length < ITEMS_AT) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const end = BODY_AT + view.getUint16(LENGTH_AT)
  if (end < ITEMS_AT || end > bytes.length || end > MAX_CONTROL || bytes[BODY_AT] === 0) return undefined
  const items: ControlItem[] = []
  for (let at = ITEMS_AT; at < end; ) {
    if (at + ITEM_HEADER > end) return undefined
    const length = view.getUint16(at + 1)
    if (at + ITEM_HEADER + length > end) return undefined
    items.push({ type: bytes[at]!, value: bytes.subarray(at + ITEM_HEADER, at + ITEM_HEADER + length) })
    at += ITEM_HEADER + length
  }
  return { type: bytes[TYPE_AT]!, id: view.getUint32(ID_AT), items }
}

/** A question that its receiver answers by an echo. */
export function writeProbe(id: number): Uint8Array {
  return writeControl({ type: CONTROL_TYPES.probe, id, items: [] })
}

/** The last message of a session whose sender ends, as long as a probe and its echo. */
export function writeGoodbye(id: number): Uint8Array {
  return writeControl({ type: CONTROL_TYPES.goodbye, id, items: [] })
}

/** The answer to a probe. */
export function writeEcho(id: number): Uint8Array {
  return writeControl({ type: CONTROL_TYPES.echo, id, items: [] })
}
