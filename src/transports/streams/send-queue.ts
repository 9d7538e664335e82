import { emptyNumbers } from '../../core/bytes/clear-list.js'
import { STREAM_SETTINGS } from '../../core/settings/option-groups.js'
import { MAX_FRAMED } from './framing.js'

/** Bytes of framing before a datagram, at most: those of a WebSocket's client (RFC 6455 section 5.2). */
export const MAX_FRAMING = 8
/** Bytes that are written in one go: the largest datagram, or many small ones. */
export const MAX_WRITE = MAX_FRAMED + MAX_FRAMING
/** Milliseconds that bytes may wait there; on a carrier that is slower than that, packets are better dropped. */
export const MAX_WAIT = 100

/**
 * Decides what may wait for a slow carrier. The socket holds the bytes, so how many wait is a parameter; this
 * remembers since when each write waits.
 */
export class SendQueue {
  readonly #limit: number
  readonly #writableUpTo: number
  /** When each write in progress was passed to the socket, the oldest first. */
  readonly #since = emptyNumbers()
  #stalled = false

  /** @param limit Bytes that may wait. */
  constructor(limit: number = STREAM_SETTINGS.sendQueue.default) {
    this.#limit = limit
    this.#writableUpTo = Math.max(limit - MAX_WRITE, limit / 2)
  }

  /** Whether `bytes` more may wait behind the `waiting` ones. If none wait, anything may. */
  admits(bytes: number, waiting: number, now: number): boolean {
    const fits = waiting === 0 || (waiting + bytes <= this.#limit && this.#wait(now) <= MAX_WAIT)
    if (!fits) this.#stalled = true
    return fits
  }

  /** Whether the link is to call itself writable. Once it is not, it stays so until `written` returns true. */
  writable(waiting: number, now: number): boolean {
    if (waiting > this.#writableUpTo || this.#wait(now) > MAX_WAIT) this.#stalled = true
    return !this.#stalled
  }

  /** A write was passed to the socket; `written` is to be called for it. */
  handedOver(now: number): void {
    this.#since.push(now)
  }

  /** The oldest write under way is done. Tells whether the link has just become writable again. */
  written(waiting: number, now: number): boolean {
    this.#since.shift()
    if (!this.#stalled || waiting > this.#limit / 2 || this.#wait(now) > MAX_WAIT / 2) return false
    this.#stalled = false
    return true
  }

  #wait(now: number): number {
    const oldest = this.#since[0]
    return oldest === undefined ? 0 : now - oldest
  }
}
