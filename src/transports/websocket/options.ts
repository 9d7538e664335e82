import { MAX_FRAMED } from '../streams/framing.js'

/** Bytes of a request or an answer with its headers. */
export const MAX_HEADER_BYTES = 16 * 1024
/** Milliseconds that an orderly close may take; then the connection is destroyed. */
const CLOSE_GRACE = 500

/**
 * What both ends of a WebSocket have in common. Datagrams do not get smaller, so compression is off; a message
 * is one datagram in at most this many fragments, so that nobody makes this end keep more than it would of TCP.
 */
export const WEBSOCKET_OPTIONS = {
  perMessageDeflate: false,
  maxPayload: MAX_FRAMED,
  maxFragments: 16,
  maxBufferedChunks: 1024,
  closeTimeout: CLOSE_GRACE,
} as const
