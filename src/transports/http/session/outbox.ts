import { LEAST_UNACKED, MAX_UNACKED, SLOW } from './limits.js'

interface Piece {
  readonly at: number
  readonly bytes: Uint8Array
  readonly since: number
}

/** The bytes of one direction from the first that is not acknowledged on. */
export class Outbox {
  /** Where acknowledged bytes end. */
  acked = 0
  /** Where all bytes end. */
  end = 0
  #pieces: Piece[] = []
  /** Pieces before it are gone. */
  #first = 0

  /** Adds bytes, which are kept as they are and may not be changed any more. */
  add(bytes: Uint8Array, now: number): void {
    if (bytes.length === 0) return
    this.#pieces.push({ at: this.end, bytes, since: now })
    this.end += bytes.length
  }

  /** Forgets what is before `offset`. Whether that is news; what was never sent cannot be acknowledged. */
  ack(offset: number): boolean {
    if (offset <= this.acked || offset > this.end) return false
    this.acked = offset
    while (this.#first < this.#pieces.length) {
      const { at, bytes } = this.#pieces[this.#first]!
      if (at + bytes.length > offset) break
      this.#first++
    }
    if (this.#first === this.#pieces.length || this.#first > 512) {
      this.#pieces.splice(0, this.#first)
      this.#first = 0
    }
    return true
  }

  /** Whether no more should be added for now: too much is on its way, or for too long. */
  isFull(now: number): boolean {
    const length = this.end - this.acked
    if (length < LEAST_UNACKED) return false
    return length >= MAX_UNACKED || now - this.#pieces[this.#first]!.since > SLOW
  }

  /** Views of the bytes from `from` to `to`, neither before the acknowledged ones nor after the end. */
  slice(from: number, to: number): Uint8Array[] {
    const parts: Uint8Array[] = []
    for (let index = this.#find(from); index < this.#pieces.length; index++) {
      const { at, bytes } = this.#pieces[index]!
      if (at >= to) break
      const begin = Math.max(0, from - at)
      const end = Math.min(bytes.length, to - at)
      parts.push(begin === 0 && end === bytes.length ? bytes : bytes.subarray(begin, end))
    }
    return parts
  }

  /** The index of the piece that holds a byte. */
  #find(offset: number): number {
    let low = this.#first
    let high = this.#pieces.length - 1
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if (this.#pieces[middle]!.at <= offset) low = middle
      else high = middle - 1
    }
    return low
  }
}
