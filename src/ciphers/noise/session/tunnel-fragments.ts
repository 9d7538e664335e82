import { HEADROOM, TAILROOM } from '../../../core/api/packet.js'
import { FRAGMENT_FRAME } from '../wire/frames.js'

/**
 * A packet that no datagram of the path can hold whole goes in several, each with a fragment of it. IPv6 wants that of
 * whatever carries it: a packet of 1280 bytes gets through, however narrow the path (RFC 8200 section 5).
 *
 *     0x02 | index of the fragment 1 | index of its last fragment 1 | bytes
 *
 * All fragments of a packet but the last are of one length. They are sealed one after the other in one session, so the
 * counters of their datagrams tell which packet they are of, and never repeat as a number of 16 bits would. Together
 * they are what a single datagram would have held.
 */
const INDEX_AT = 1
const LAST_AT = 2
/** Bytes before a fragment. */
export const FRAGMENT_HEADER = 3
/** The largest packet has fewer on any path that IPv6 may take. */
export const MAX_FRAGMENTS = 64
/** Packets that are put together at a time; the oldest gives way to the newest. */
const MAX_UNFINISHED = 8

/** Writes the header of a fragment. */
export function writeFragmentHeader(bytes: Uint8Array, at: number, index: number, last: number) {
  bytes[at] = FRAGMENT_FRAME
  bytes[at + INDEX_AT] = index
  bytes[at + LAST_AT] = last
}

/** A packet of which fragments are missing. */
interface Unfinished {
  readonly session: number
  /** The counter of its first fragment. */
  readonly first: number
  readonly fragments: (Uint8Array | undefined)[]
  missing: number
  bytes: number
}

/** Reassembles a peer's packets from fragments that come in any order. */
export class FragmentAssembler {
  readonly #maxBytes: number
  /** The oldest first. */
  readonly #unfinished: Unfinished[] = []
  /** Of all fragments that are kept. */
  #bytes = 0

  /** @param maxBytes A packet that would be longer is given up, and more is never kept: the oldest gives way. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /**
   * Takes a fragment with its header, and copies it.
   *
   * @param session tells sessions apart.
   * @param counter of the datagram that held the fragment.
   * @returns the reassembled packet, in memory of its own with a packet's room around it; undefined
   * while fragments are missing, and if it is not a fragment.
   */
  take(frame: Uint8Array, session: number, counter: number): Uint8Array | undefined {
    if (frame.length <= FRAGMENT_HEADER) return undefined
    const index = frame[INDEX_AT]!
    const count = frame[LAST_AT]! + 1
    if (index >= count || count > MAX_FRAGMENTS) return undefined
    const packet = this.#find(session, counter - index, count)
    if (packet.fragments[index] !== undefined) return undefined
    packet.fragments[index] = frame.slice(FRAGMENT_HEADER)
    packet.missing--
    packet.bytes += frame.length - FRAGMENT_HEADER
    this.#bytes += frame.length - FRAGMENT_HEADER
    if (packet.missing > 0) {
      while (this.#bytes > this.#maxBytes) this.#forget(0)
      return undefined
    }
    this.#forget(this.#unfinished.indexOf(packet))
    return packet.bytes <= this.#maxBytes ? together(packet) : undefined
  }

  #find(session: number, first: number, count: number): Unfinished {
    for (const known of this.#unfinished) {
      if (known.first === first && known.session === session && known.fragments.length === count) return known
    }
    if (this.#unfinished.length === MAX_UNFINISHED) this.#forget(0)
    const packet = { session, first, fragments: new Array(count).fill(undefined), missing: count, bytes: 0 }
    this.#unfinished.push(packet)
    return packet
  }

  #forget(place: number): void {
    const [forgotten] = this.#unfinished.splice(place, 1)
    this.#bytes -= forgotten!.bytes
  }
}

function together({ fragments, bytes }: Unfinished): Uint8Array {
  const memory = new Uint8Array(HEADROOM + bytes + TAILROOM)
  let at = HEADROOM
  for (const fragment of fragments) {
    memory.set(fragment!, at)
    at += fragment!.length
  }
  return memory.subarray(HEADROOM, at)
}
