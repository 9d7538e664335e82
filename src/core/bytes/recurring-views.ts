import { emptyList, emptyNumbers } from './clear-list.js'
import { part } from './views.js'

/**
 * Views that each batch has anew: bulk traffic has the same ones over and over, at the same places of a batch. To make one takes
 * 20 ns and a collection later, to ask another one for its memory and offset 18, and to compare what it is of 5.
 */
export class RecurringViews {
  readonly #of = emptyList<Uint8Array>()
  readonly #from = emptyNumbers()
  readonly #views = emptyList<Uint8Array>()

  /**
   * The bytes of a view from `from` on and before `to`, of the same memory.
   *
   * @param place in the batch. As many views are kept as the longest batch had.
   */
  part(place: number, of: Uint8Array, from: number, to: number): Uint8Array {
    return this.known(place, of, from, to) ?? this.#make(place, of, from, to)
  }

  /** The same, if it is what `part` returned last for that place. */
  known(place: number, of: Uint8Array, from: number, to: number): Uint8Array | undefined {
    if (this.#of[place] !== of || this.#from[place] !== from) return undefined
    const view = this.#views[place]!
    return view.length === to - from ? view : undefined
  }

  /** Whether a view is what `part` returned last for that place. */
  isLast(place: number, view: Uint8Array): boolean {
    return this.#views[place] === view
  }

  #make(place: number, of: Uint8Array, from: number, to: number): Uint8Array {
    const view = part(of, from, to)
    while (this.#views.length <= place) {
      this.#of.push(of)
      this.#from.push(from)
      this.#views.push(view)
    }
    this.#of[place] = of
    this.#from[place] = from
    this.#views[place] = view
    return view
  }
}
