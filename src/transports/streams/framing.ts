import { clearList, emptyList } from '../../core/bytes/clear-list.js'
/** Bytes of the length before each datagram, big-endian, as OpenVPN and RFC 9329 section 3 have it. */
export const LENGTH_BYTES = 2
/** Bytes. As much as a 16-bit length can say. */
export const MAX_FRAMED = 65_535
/**
 * Bytes that are kept of a frame, or of a message in fragments, by a stream that has proven nothing: a handshake takes
 * 200. What is longer and does not come in one piece is dropped, so that nobody has this end hold half of anything large.
 */
export const UNAUTHENTICATED_BYTES = 4_096
/** A frame of length 0, which closes the stream. */
export const CLOSING_FRAME: Uint8Array = new Uint8Array(LENGTH_BYTES)

/** Why a stream of frames ended: it was closed by a length of 0, or a length was above the limit. */
export type FramesEnd = 'closed' | 'oversized'

const LENGTH_HIGH = 0
const LENGTH_LOW = 1
const BODY = 2
const SKIPPED = 3
const ENDED = 4

const NOTHING = new Uint8Array(0)

/**
 * Writes one frame into `target` from `at` on and returns where it ends. The caller has checked that the
 * datagram has 1 to MAX_FRAMED bytes and that there is room.
 */
export function writeFrame(target: Uint8Array, at: number, datagram: Uint8Array): number {
  target[at] = datagram.length >>> 8
  target[at + 1] = datagram.length
  target.set(datagram, at + LENGTH_BYTES)
  return at + LENGTH_BYTES + datagram.length
}

/** Takes datagrams out of a stream of bytes that may be split anywhere. */
export class FrameParser {
  /** Why nothing more comes out; undefined while the stream goes on. What follows the end is ignored. */
  ended: FramesEnd | undefined
  /** Datagrams that did not come in one piece and were longer than what is kept. */
  dropped = 0
  /** Bytes that are kept of a datagram at the most. */
  keeps = MAX_FRAMED
  readonly #limit: number
  readonly #datagrams = emptyList<Uint8Array>()
  #state = LENGTH_HIGH
  #length = 0
  /** The part of a datagram that came by earlier chunks. */
  #partial = NOTHING
  #filled = 0
  /** Takes turns with `#partial`: a chunk may end one datagram of several chunks and begin another. */
  #spare = NOTHING

  /** @param limit Bytes. A longer datagram ends the stream. */
  constructor(limit = MAX_FRAMED) {
    this.#limit = limit
  }

  /** Bytes of memory for datagrams of several chunks; at most twice what came of them. */
  get reserved(): number {
    return this.#partial.length + this.#spare.length
  }

  /**
   * The datagrams that end in `chunk`, lent until the next call. All are views of the chunk but the first where
   * it began in an earlier one: that one was copied together.
   */
  push(chunk: Uint8Array): readonly Uint8Array[] {
    clearList(this.#datagrams)
    let at = 0
    while (at < chunk.length) {
      switch (this.#state) {
        case LENGTH_HIGH:
          this.#length = chunk[at++]! << 8
          this.#state = LENGTH_LOW
          break
        case LENGTH_LOW:
          this.#length |= chunk[at++]!
          this.#begin()
          break
        case BODY:
          at = this.#take(chunk, at)
          break
        case SKIPPED:
          at = this.#skip(chunk, at)
          break
        default:
          return this.#datagrams
      }
    }
    return this.#datagrams
  }

  #begin(): void {
    if (this.#length === 0) this.ended = 'closed'
    else if (this.#length > this.#limit) this.ended = 'oversized'
    this.#state = this.ended === undefined ? BODY : ENDED
  }

  /** Takes what the chunk has of the body and returns where that ends. */
  #take(chunk: Uint8Array, at: number): number {
    const end = Math.min(at + this.#length - this.#filled, chunk.length)
    if (end - at === this.#length) this.#datagrams.push(chunk.subarray(at, end))
    else if (this.#length > this.keeps) {
      this.dropped++
      this.#state = SKIPPED
      return this.#skip(chunk, at)
    } else {
      this.#keep(chunk.subarray(at, end))
      if (this.#filled < this.#length) return end
      this.#datagrams.push(this.#partial.subarray(0, this.#length))
      const pool = this.#spare
      this.#spare = this.#partial
      this.#partial = pool
      this.#filled = 0
    }
    this.#state = LENGTH_HIGH
    return end
  }

  /** Passes over what the chunk has of a body that is not kept, and returns where that ends. */
  #skip(chunk: Uint8Array, at: number): number {
    const end = Math.min(at + this.#length - this.#filled, chunk.length)
    this.#filled += end - at
    if (this.#filled === this.#length) {
      this.#filled = 0
      this.#state = LENGTH_HIGH
    }
    return end
  }

  /** Memory grows with what has come: a length alone reserves none. */
  #keep(part: Uint8Array): void {
    const needed = this.#filled + part.length
    if (needed > this.#partial.length) {
      const grown = new Uint8Array(Math.min(this.#length, Math.max(needed, 2 * this.#partial.length)))
      grown.set(this.#partial.subarray(0, this.#filled))
      this.#partial = grown
    }
    this.#partial.set(part, this.#filled)
    this.#filled = needed
  }
}
