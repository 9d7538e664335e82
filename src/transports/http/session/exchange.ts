import type { PortalReason } from '../../../core/reasons/reason.js'
import type { AnswerReader } from './answer-reader.js'

/** A request of the client's and its answer. */
export interface Exchange {
  readonly kind: 'open' | 'up' | 'down' | 'close'
  /** Whether the answer is one that comes bit by bit as there is data. */
  readonly isStream: boolean
  /** Whether it only tries if such an answer passes. */
  readonly isTrial: boolean
  /** The body of the request. */
  readonly body: readonly Uint8Array[]
  /** Which bytes of the client's the body has. */
  readonly from: number
  readonly to: number
  readonly begun: number
  readonly reader: AnswerReader
  /** When its request was on its way by a connection. */
  sent: number | undefined
  /** When something of the answer came last; `begun` until then. */
  heard: number
  /** Bytes of the answer that came. */
  bytes: number
  /** Whether the next one of its kind was begun, which takes its place. */
  isRelieved: boolean
}

/** Why an exchange came to nothing. */
export interface Broken {
  readonly why: PortalReason
  /** The status of an answer that was none of ours. */
  readonly status?: number | undefined
  /** Milliseconds, of the header Retry-After. */
  readonly retryAfter?: number | undefined
  /** Whether a connection that was used before ended without a byte, as one does that was idle for too long. */
  readonly wasStale?: boolean | undefined
}
