/** Bytes. Memory of less than this is not kept for others. */
const LEAST = 4 * 1024
/** Pieces of each size that are kept for the next who needs one. */
const MAX_SPARES = 2

/**
 * Memory that was used, for the next who needs some: new memory for all that a busy link has to keep from one read
 * to the next was a fifteenth of a receiver's CPU time. A piece is at most twice as long as what it is taken for.
 */
export class BufferPool {
  readonly #spares = new Map<number, Uint8Array[]>()

  /** Memory of at least so many bytes, the caller's until it is given back. */
  take(length: number): Uint8Array {
    if (length < LEAST) return new Uint8Array(length)
    const size = 2 ** Math.ceil(Math.log2(length))
    return this.#spares.get(size)?.pop() ?? new Uint8Array(size)
  }

  /** Takes back what `take` returned. It must not be used afterwards. */
  giveBack(memory: Uint8Array): void {
    if (memory.length < LEAST) return
    const spares = this.#spares.get(memory.length)
    if (spares === undefined) this.#spares.set(memory.length, [memory])
    else if (spares.length < MAX_SPARES) spares.push(memory)
  }
}

/** The beginning of something that came and is not whole yet, in memory of its own: others read to the same place. */
export class PartialFrameBuffer {
  readonly #pool: BufferPool
  #memory: Uint8Array | undefined
  #length = 0

  constructor(pool: BufferPool) {
    this.#pool = pool
  }

  get length(): number {
    return this.#length
  }

  /** Copies these bytes in place of those that were kept. */
  keep(bytes: Uint8Array): void {
    this.drop()
    if (bytes.length === 0) return
    this.#memory = this.#pool.take(bytes.length)
    this.#memory.set(bytes)
    this.#length = bytes.length
  }

  /** Copies what is kept to `target` from `at` on, if there is room, and keeps it no longer. */
  moveTo(target: Uint8Array, at: number): void {
    if (this.#memory !== undefined) target.set(this.#memory.subarray(0, this.#length), at)
    this.drop()
  }

  /** Forgets what is kept. */
  drop(): void {
    if (this.#memory === undefined) return
    this.#pool.giveBack(this.#memory)
    this.#memory = undefined
    this.#length = 0
  }
}
