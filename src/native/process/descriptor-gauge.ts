import { freeDescriptors } from './descriptors.js'

/** Milliseconds for which a count serves. */
const LASTS = 1_000
/** Free descriptors below which they are counted each time. */
const FEW = 64

/** Says how many descriptors are free, and counts them seldom while there are plenty: that costs a look into /proc. */
export class DescriptorGauge {
  readonly #count: () => number
  #countedAt = Number.NEGATIVE_INFINITY
  #free = 0

  /** @param count How many are free; Infinity if nobody tells. */
  constructor(count: () => number = freeDescriptors) {
    this.#count = count
  }

  /** At the least how many are free. To be asked once for each that is taken. */
  free(now: number): number {
    if (--this.#free >= FEW && now - this.#countedAt < LASTS) return this.#free
    this.#free = this.#count()
    this.#countedAt = now
    return this.#free
  }
}
