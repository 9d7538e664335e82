import { STREAM_SETTINGS } from '../../core/settings/option-groups.js'
import type { Arena, Region } from '../../native/base/arena.js'
import { MAX_WAIT } from './send-queue.js'

/** Bytes that may wait however slow the carrier is. */
const LEAST = 16 * 1024

/**
 * The bytes that a socket did not take, in order. How many may wait follows from how fast the last ones went: at
 * 1 Mbit/s 256 KiB would hold up everything behind them for two seconds.
 */
export class UnsentBuffer {
  readonly #arena: Arena
  readonly #limit: number
  #region: Region | undefined
  #from = 0
  #end = 0
  /** Bytes per millisecond that the socket took when it last had a backlog. */
  #rate = Number.POSITIVE_INFINITY
  /** A floating-point number from the start: V8 throws away what was optimized for whole ones when the clock's first is kept. */
  #since = Number.NEGATIVE_INFINITY
  #went = 0

  /** @param limit Bytes that may wait at the most; a single batch is admitted whatever its length. */
  constructor(arena: Arena, limit: number = STREAM_SETTINGS.sendQueue.default) {
    this.#arena = arena
    this.#limit = limit
  }

  /** Bytes that wait. */
  get length(): number {
    return this.#end - this.#from
  }

  /** Where the waiting bytes begin in the process. */
  get address(): number {
    return this.#region!.address + this.#from
  }

  /** Bytes that may still be added. */
  get room(): number {
    const patience = Math.max(LEAST, this.#rate * MAX_WAIT)
    return Math.max(0, Math.min(this.#limit, patience) - this.length)
  }

  /** Memory for `length` more bytes behind those that wait, which the caller fills. */
  extend(length: number, now: number): Uint8Array {
    if (this.length === 0) {
      this.#since = now
      this.#went = 0
    }
    const waiting = this.#region?.bytes.subarray(this.#from, this.#end)
    if (this.#region === undefined || this.#end + length > this.#region.length) {
      const larger = this.#arena.reserve(Math.max(this.#limit, this.length + length), false)
      if (waiting !== undefined) larger.bytes.set(waiting)
      this.#region?.release()
      this.#region = larger
      this.#end -= this.#from
      this.#from = 0
    }
    this.#end += length
    return this.#region.bytes.subarray(this.#end - length, this.#end)
  }

  /** The socket took the first `length` bytes. */
  took(length: number, now: number): void {
    this.#from += length
    this.#went += length
    if (this.#from < this.#end) return
    this.#rate = this.#went / Math.max(0.01, now - this.#since)
    this.release()
  }

  /** Forgets all that waits, and gives its memory back. */
  release(): void {
    this.#region?.release()
    this.#region = undefined
    this.#from = 0
    this.#end = 0
  }
}
