import type { Region } from './arena.js'
import { loadKoffi } from './koffi.js'
import type { Native } from './native.js'

/** bits/time.h */
const CLOCK_THREAD_CPUTIME_ID = 3
/** Two numbers of 64 bits, of which a second's and a nanosecond's need no more than 48. clock_gettime(2) */
const TIMESPEC_BYTES = 16
const [SECONDS_AT, NANOSECONDS_AT] = [0, 8]

/** The CPU time of the thread that asks. Node tells it since 23.9; the kernel's own file of it lags by a tick of its timer. */
export class ThreadCpu {
  readonly #time: Region
  readonly #view: DataView
  readonly #ask: (clock: number, address: number) => number

  constructor({ arena }: Native) {
    this.#ask = loadKoffi().load('libc.so.6').func('int clock_gettime(int, uintptr_t)')
    this.#time = arena.reserve(TIMESPEC_BYTES)
    const { buffer, byteOffset } = this.#time.bytes
    this.#view = new DataView(buffer, byteOffset, TIMESPEC_BYTES)
  }

  /** Milliseconds so far. */
  now(): number {
    this.#ask(CLOCK_THREAD_CPUTIME_ID, this.#time.address)
    const seconds = this.#view.getUint32(SECONDS_AT, true)
    return seconds * 1_000 + this.#view.getUint32(NANOSECONDS_AT, true) / 1e6
  }

  /** It must not be asked afterwards. */
  close(): void {
    this.#time.release()
  }
}
