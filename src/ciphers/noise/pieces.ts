import { PIECE_FRAME } from './frames.js'

/**
 * A packet that no datagram of the path can hold whole goes in several, each with a piece of it. IPv6 wants that of
 * whatever carries it: a packet of 1280 bytes gets through, however narrow the path (RFC 8200 section 5).
 *
 *     0x02 | number of the packet 2 | index of the piece 1 | index of its last piece 1 | bytes
 *
 * All pieces of a packet but the last are of one length. Together they are what a single datagram would have held.
 */
const NUMBER_AT = 1
const INDEX_AT = 3
const LAST_AT = 4
/** Bytes before a piece. */
export const PIECE_HEADER = 5
/** What an index can tell. */
export const MAX_PIECES = 256
/** Packets that are put together at a time; the oldest gives way to the newest. */
const MAX_UNFINISHED = 8

/** Writes what stands before a piece. */
export function writePieceHeader(bytes: Uint8Array, at: number, number: number, index: number, last: number) {
  bytes[at] = PIECE_FRAME
  bytes[at + NUMBER_AT] = number >>> 8
  bytes[at + NUMBER_AT + 1] = number
  bytes[at + INDEX_AT] = index
  bytes[at + LAST_AT] = last
}

/** A packet of which pieces are missing. */
interface Unfinished {
  readonly number: number
  readonly pieces: (Uint8Array | undefined)[]
  missing: number
  bytes: number
}

/** Puts a peer's packets together whose pieces come in any order. */
export class PieceAssembler {
  readonly #maxBytes: number
  /** The oldest first. */
  readonly #unfinished: Unfinished[] = []

  /** @param maxBytes A packet that would be longer is given up. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /**
   * Takes a piece with its header, and copies it. Returns what its packet's pieces are together, in memory of its own
   * with `before` bytes before and `after` bytes after it; undefined while pieces are missing, and where it is none.
   */
  take(frame: Uint8Array, before: number, after: number): Uint8Array | undefined {
    if (frame.length <= PIECE_HEADER) return undefined
    const number = (frame[NUMBER_AT]! << 8) | frame[NUMBER_AT + 1]!
    const index = frame[INDEX_AT]!
    const count = frame[LAST_AT]! + 1
    const packet = this.#find(number, count)
    if (index >= count || packet.pieces[index] !== undefined) return undefined
    packet.pieces[index] = frame.slice(PIECE_HEADER)
    packet.missing--
    packet.bytes += frame.length - PIECE_HEADER
    if (packet.missing > 0 && packet.bytes <= this.#maxBytes) return undefined
    this.#unfinished.splice(this.#unfinished.indexOf(packet), 1)
    return packet.bytes <= this.#maxBytes ? together(packet, before, after) : undefined
  }

  #find(number: number, count: number): Unfinished {
    const known = this.#unfinished.find((other) => other.number === number && other.pieces.length === count)
    if (known !== undefined) return known
    const packet = { number, pieces: new Array(count).fill(undefined), missing: count, bytes: 0 }
    if (this.#unfinished.push(packet) > MAX_UNFINISHED) this.#unfinished.shift()
    return packet
  }
}

function together({ pieces, bytes }: Unfinished, before: number, after: number): Uint8Array {
  const memory = new Uint8Array(before + bytes + after)
  let at = before
  for (const piece of pieces) {
    memory.set(piece!, at)
    at += piece!.length
  }
  return memory.subarray(before, at)
}
