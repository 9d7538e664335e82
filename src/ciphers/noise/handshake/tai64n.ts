import type { Clock } from '../../../core/time/clock.js'

/** Bytes of a timestamp: seconds (8) and nanoseconds (4), both big-endian. TAI64N, cr.yp.to/libtai/tai64.html. */
export const TIMESTAMP_BYTES = 12

/** The upper half of the label of the second in which 1970 began. */
const EPOCH_HIGH = 0x40000000
/** Seconds by which TAI was ahead in 1970, as every WireGuard counts. */
const EPOCH_LOW = 10
const NANOSECONDS_AT = 8
const NANOSECONDS_PER_SECOND = 1_000_000_000
/** Nanoseconds. Coarse, as wireguard-go's, so that a timestamp tells little about the host's clock. */
const GRAIN = 2 ** 24

/**
 * Makes timestamps that only ever grow, also while the wall clock goes back: a responder refuses an initiation
 * that is not newer than the last.
 */
export class Timestamps {
  #seconds = 0
  #nanoseconds = 0

  /** A timestamp later than all before. `wall` is in milliseconds since 1970. */
  next(wall: number): Uint8Array {
    const seconds = Math.floor(wall / 1000)
    const exact = Math.round((wall - seconds * 1000) * 1e6)
    const nanoseconds = exact - (exact % GRAIN)
    if (seconds > this.#seconds || (seconds === this.#seconds && nanoseconds > this.#nanoseconds)) {
      this.#seconds = seconds
      this.#nanoseconds = nanoseconds
    } else {
      this.#step()
    }
    return encode(this.#seconds, this.#nanoseconds)
  }

  #step(): void {
    this.#nanoseconds++
    if (this.#nanoseconds < NANOSECONDS_PER_SECOND) return
    this.#nanoseconds = 0
    this.#seconds++
  }
}

/** The timestamps of this process: they grow even when a tunnel is closed and opened again. */
export const processTimestamps = new Timestamps()

const apart = new WeakMap<Clock, Timestamps>()

/** Has ciphers by that clock make timestamps of their own, which those of this process know nothing of. */
export function setTimestampsApart(clock: Clock): void {
  apart.set(clock, new Timestamps())
}

/** The timestamps of ciphers by that clock. */
export function timestampsOf(clock: Clock): Timestamps {
  return apart.get(clock) ?? processTimestamps
}

/** Whether timestamp `a` is later than `b`. */
export function isLater(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) > 0
}

function encode(seconds: number, nanoseconds: number): Uint8Array {
  const bytes = new Uint8Array(TIMESTAMP_BYTES)
  const view = new DataView(bytes.buffer)
  const low = seconds + EPOCH_LOW
  view.setUint32(0, EPOCH_HIGH + Math.floor(low / 2 ** 32))
  view.setUint32(4, low % 2 ** 32)
  view.setUint32(NANOSECONDS_AT, nanoseconds)
  return bytes
}
