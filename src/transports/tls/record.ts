// The record layer of TLS 1.3, RFC 8446 section 5.

/** Types of what a record carries. */
export const CONTENT = { changeCipherSpec: 20, alert: 21, handshake: 22, data: 23 } as const

/** Descriptions of alerts. RFC 8446 section 6 */
export const ALERT = {
  closeNotify: 0,
  unexpectedMessage: 10,
  badRecordMac: 20,
  recordOverflow: 22,
  decodeError: 50,
  userCanceled: 90,
} as const
export const ALERT_LEVEL = { warning: 1, fatal: 2 } as const

/** Bytes of the header of a record: its type, a version that means nothing, and its length. */
export const HEADER_BYTES = 5
export const LENGTH_AT = 3
/** The version that every header of a sealed record names. */
export const LEGACY_VERSION = [3, 3] as const
export const TAG_BYTES = 16
export const IV_BYTES = 12
/** Bytes of content that a record carries at the most. */
export const MAX_CONTENT = 2 ** 14
/** Bytes that a sealed record has beyond its content when nobody pads: header, type of the content, tag. */
export const OVERHEAD = HEADER_BYTES + 1 + TAG_BYTES
/** Bytes behind the header of a sealed record: at least a type and a tag. */
export const MIN_SEALED = 1 + TAG_BYTES
/** With padding, content and its type still have no more than 2^14 + 1 bytes. */
export const MAX_SEALED = MAX_CONTENT + 1 + TAG_BYTES
