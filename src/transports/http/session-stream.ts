import { Duplex } from 'node:stream'
import type { KeptBuffers } from './kept-buffers.js'
import type { Outbox } from './session/outbox.js'

/** What a stream over a session needs. */
export interface SessionStreamParts {
  /** Where all that is written lies, in its order. */
  readonly memory: KeptBuffers
  readonly outbox: Outbox
  readonly now: () => number
  /** There is more to send. */
  readonly sends: () => void
  /** The stream is destroyed; `done` is called once all that carried it is gone. */
  readonly ended: (done: () => void) => void
}

/** A session as a stream of Node's, as connections are, so that links run on it as on those. */
export class SessionStream extends Duplex {
  readonly #parts: SessionStreamParts
  /** Goes on writing, once enough is acknowledged. */
  #waiting: (() => void) | undefined
  #finishing: (() => void) | undefined
  /** Whether somebody read once, since when Node passes on at once what comes. */
  #isRead = false

  constructor(parts: SessionStreamParts) {
    super()
    this.#parts = parts
  }

  /** Bytes came, lent for the call. */
  came(bytes: Uint8Array): void {
    if (this.destroyed) return
    const isTaken = this.#isRead && this.readableFlowing === true && this.readableLength === 0
    this.push(isTaken ? bytes : Uint8Array.from(bytes))
  }

  /** Looks whether something was acknowledged that waited for that. */
  acked(): void {
    const { memory, now, outbox } = this.#parts
    memory.release(outbox.acked, now())
    if (this.#waiting !== undefined && !outbox.isFull(now())) {
      const goOn = this.#waiting
      this.#waiting = undefined
      goOn()
    }
    if (outbox.acked === outbox.end) this.#finishing?.()
  }

  /** Who sends is held back by what this end acknowledges. */
  override _read(): void {
    this.#isRead = true
  }

  /** The sender's memory is its own, so that bytes are kept without a copy. */
  override _write(bytes: Uint8Array, _encoding: BufferEncoding, done: () => void): void {
    this.#add([bytes], done)
  }

  override _writev(chunks: { chunk: Uint8Array }[], done: () => void): void {
    this.#add(
      chunks.map(({ chunk }) => chunk),
      done,
    )
  }

  /** What was written arrives before the end does. */
  override _final(done: () => void): void {
    this.#finishing = () => {
      this.#finishing = undefined
      done()
      this.destroy()
    }
    this.acked()
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#waiting = undefined
    this.#finishing = undefined
    this.#parts.ended(() => done(error))
  }

  #add(chunks: readonly Uint8Array[], done: () => void): void {
    const { now, outbox, sends } = this.#parts
    for (const chunk of chunks) outbox.add(chunk, now())
    this.#waiting = done
    sends()
    this.acked()
  }
}
