import { MAX_FRAMED } from '../streams/framing.js'

/** Bytes of an answer with its headers. */
export const MAX_HEADER_BYTES = 16 * 1024
/** Bytes of a request with its headers, which whoever comes may leave unfinished. */
export const MAX_REQUEST_BYTES = 8 * 1024
/** Headers of a request that are looked at: each costs ten times the bytes that the shortest has. */
export const MAX_HEADERS = 64
/** Milliseconds that an orderly close may take; then the connection is destroyed. */
const CLOSE_GRACE = 500

/**
 * What both ends of a WebSocket have in common. Datagrams do not get smaller, so compression is off; a message
 * is one datagram. The package keeps each fragment by itself, so it takes fewer than the codec for bare descriptors does.
 */
export const WEBSOCKET_OPTIONS = {
  perMessageDeflate: false,
  maxPayload: MAX_FRAMED,
  maxFragments: 2048,
  maxBufferedChunks: 1024,
  closeTimeout: CLOSE_GRACE,
} as const
