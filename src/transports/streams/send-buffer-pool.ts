/**
 * Where lent datagrams are copied to on their way into sockets. A socket that keeps up takes the bytes within
 * the call, so one piece of memory serves all links of a transport; a socket that does not gets memory of its
 * own, of the size of the bytes.
 */
export class SendBufferPool {
  readonly #largest: number
  #shared: Uint8Array | undefined

  /** @param largest Bytes that are asked for at most. */
  constructor(largest: number) {
    this.#largest = largest
  }

  /** Memory that is written to a socket before the next call. */
  shared(bytes: number): Uint8Array {
    this.#shared ??= Buffer.allocUnsafeSlow(this.#largest)
    return this.#shared.subarray(0, bytes)
  }

  /** Memory that the socket may keep for as long as it likes. */
  own(bytes: number): Uint8Array {
    return Buffer.allocUnsafe(bytes)
  }

  /** Leaves the shared memory to a socket that did not take all of it at once. */
  leave(): void {
    this.#shared = undefined
  }
}

/** Memory for streams that may keep what they were given although nothing of it waits, as pipes within a process do. */
export class FreshBuffers extends SendBufferPool {
  constructor() {
    super(0)
  }

  override shared(bytes: number): Uint8Array {
    return this.own(bytes)
  }
}
