import { MAX_EARLY, PIECE_COST } from './limits.js'

interface Piece {
  readonly at: number
  readonly bytes: Uint8Array
}

const NOTHING: readonly Uint8Array[] = []

/** Puts the bytes of one direction in order, that come in any, more than once and with others missing. */
export class Inbox {
  /** Where the bytes end that came without a gap. */
  next = 0
  /** What came so early that it was not kept; it is sent again. */
  dropped = 0
  /** Bytes that early pieces may cost. */
  keeps = MAX_EARLY
  /** By where they begin. */
  readonly #early: Piece[] = []
  #kept = 0

  /** What this end takes beyond `next`. */
  get window(): number {
    return this.keeps
  }

  /** The bytes whose turn it is now that `bytes` came, which begin at `at`: views of those, and what was kept. */
  take(at: number, bytes: Uint8Array): readonly Uint8Array[] {
    if (at + bytes.length <= this.next) return NOTHING
    if (at > this.next) {
      this.#keep(at, bytes)
      return NOTHING
    }
    const fresh = bytes.subarray(this.next - at)
    this.next += fresh.length
    return this.#early.length === 0 ? [fresh] : this.#followed(fresh)
  }

  #followed(fresh: Uint8Array): readonly Uint8Array[] {
    const turn = [fresh]
    for (;;) {
      const piece = this.#early[0]
      if (piece === undefined || piece.at > this.next) return turn
      this.#early.shift()
      this.#kept -= piece.bytes.length + PIECE_COST
      if (piece.at + piece.bytes.length <= this.next) continue
      const rest = piece.bytes.subarray(this.next - piece.at)
      this.next += rest.length
      turn.push(rest)
    }
  }

  /** Copies what is early: its memory may be a part of something larger. */
  #keep(at: number, bytes: Uint8Array): void {
    const end = at + bytes.length
    const index = this.#early.findLastIndex((piece) => piece.at <= at)
    const before = this.#early[index]
    if (before !== undefined && before.at + before.bytes.length >= end) return
    const cost = bytes.length + PIECE_COST
    if (end > this.next + this.keeps || this.#kept + cost > this.keeps) {
      this.dropped++
      return
    }
    this.#kept += cost
    this.#early.splice(index + 1, 0, { at, bytes: new Uint8Array(bytes) })
  }
}
