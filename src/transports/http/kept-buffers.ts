import { SendBufferPool } from '../streams/send-buffer-pool.js'
import { MAX_WRITE } from '../streams/send-queue.js'

/** Bytes of memory that is had at once: two of the largest writes. */
const SLAB = 2 * MAX_WRITE
/** Slabs that are kept for later while nothing is in them. */
const MAX_SPARE = 4
/** Milliseconds that more are kept since so many were in use: for new ones V8 goes through all of its heap, several times a second. */
const KEPT_FOR = 10_000

interface Slab {
  readonly memory: Uint8Array
  used: number
  /** How many bytes had been given out with the last of its own. */
  end: number
}

/**
 * Memory for what a session keeps until it is acknowledged, which is used again then: the bytes of a stream are written and
 * acknowledged in one order. What is sent once more of bytes that were acknowledged meanwhile may have others in their place; the far
 * end drops them by their offset.
 */
export class KeptBuffers extends SendBufferPool {
  /** In use, the oldest first; memory is given out of the last one. */
  readonly #slabs: Slab[] = []
  readonly #spare: Slab[] = []
  #given = 0
  /** When more slabs were in use last than are kept. */
  #busy = Number.NEGATIVE_INFINITY

  constructor() {
    super(0)
  }

  override own(bytes: number): Uint8Array {
    let slab = this.#slabs.at(-1)
    if (slab === undefined || slab.used + bytes > slab.memory.length) {
      slab = this.#spare.pop() ?? { memory: Buffer.allocUnsafeSlow(SLAB), used: 0, end: 0 }
      this.#slabs.push(slab)
    }
    const memory = slab.memory.subarray(slab.used, slab.used + bytes)
    slab.used += bytes
    this.#given += bytes
    slab.end = this.#given
    return memory
  }

  override shared(bytes: number): Uint8Array {
    return this.own(bytes)
  }

  /** The first `acked` bytes that were given out are needed no longer. To be called now and then even if that is no news. */
  release(acked: number, now: number): void {
    if (this.#slabs.length > MAX_SPARE) this.#busy = now
    for (;;) {
      const slab = this.#slabs[0]
      if (slab === undefined || slab.end > acked) break
      this.#slabs.shift()
      slab.used = 0
      this.#spare.push(slab)
    }
    if (this.#spare.length > MAX_SPARE && now >= this.#busy + KEPT_FOR) this.#spare.length = MAX_SPARE
  }
}
