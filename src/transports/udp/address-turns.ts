import { alternating } from '../dialing/connect.js'
import type { Resolved } from '../net/resolve.js'

/** Lengths of datagrams whose turns are kept; a handshake has one, probes another. */
const MAX_LENGTHS = 64

/**
 * Whose turn it is among a host's addresses, from one link to the host to the next. Datagrams of each length take turns by
 * themselves: all initiations of a cipher have the same, so whatever is sent between them, they reach each address.
 */
export class AddressTurns {
  /** Where the next datagram of a length begins that had no turn yet. */
  #next = 0
  /** The next turn, by length in bytes. */
  readonly #byLength = new Map<number, number>()
  /** The address that carried last. */
  #carried: Resolved | undefined

  /**
   * Addresses in the order in which they take turns: the one that carried last, or else its family, comes first; the
   * families alternate.
   */
  order(addresses: readonly Resolved[]): Resolved[] {
    const rank = ({ address, family }: Resolved) => {
      if (address === this.#carried?.address) return 0
      return family === this.#carried?.family ? 1 : 2
    }
    return alternating([...addresses].sort((one, other) => rank(one) - rank(other)))
  }

  /** The turn of a datagram of so many bytes, out of `count`; the one after it is the next. */
  take(length: number, count: number): number {
    const turn = this.#byLength.get(length) ?? this.#next
    this.#next = turn + 1
    if (this.#byLength.size >= MAX_LENGTHS) this.#byLength.clear()
    this.#byLength.set(length, turn + 1)
    return turn % count
  }

  /** The turn that a datagram of a new length would take. */
  next(count: number): number {
    return this.#next % count
  }

  /** Something authentic came from this address: it comes first from now on. */
  carried(address: Resolved): void {
    this.#carried = address
    this.#next = 0
    this.#byLength.clear()
  }
}
