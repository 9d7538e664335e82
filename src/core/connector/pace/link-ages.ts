/** Milliseconds before the age at which links are cut by which the next one is opened, or a third of a short age. */
const LEAD = 2_000
/** Ages that differ by no more than this part of them are one. */
const TOLERANCE = 0.1
/** Milliseconds. What ends sooner was cut for something else than its age. */
const YOUNGEST = 1_000

/**
 * At which age something on the way, such as a load balancer, cuts the links to each endpoint: learned from two cuts in a row at
 * one age, and forgotten once a link outlives it.
 */
export class LinkAges {
  readonly #last = new Map<number, number>()
  readonly #known = new Map<number, number>()

  /** A link to the endpoint `index` was cut when it was so many milliseconds old. Whether that tells an age that was not known. */
  cut(index: number, age: number): boolean {
    if (age < YOUNGEST) return false
    const last = this.#last.get(index)
    this.#last.set(index, age)
    if (last === undefined || Math.abs(age - last) > TOLERANCE * Math.max(age, last)) return false
    const isNews = !this.#known.has(index)
    this.#known.set(index, Math.min(age, last))
    return isNews
  }

  /** Milliseconds; undefined while no age is known. */
  of(index: number): number | undefined {
    return this.#known.get(index)
  }

  /** The age at which the link after is to be opened; Infinity while none is known. */
  renewalAt(index: number): number {
    const age = this.#known.get(index)
    return age === undefined ? Number.POSITIVE_INFINITY : age - Math.min(LEAD, age / 3)
  }

  /** The age at which a link proves that links are not cut at the age that is known. */
  disprovedAt(index: number): number {
    return (this.#known.get(index) ?? 0) * (1 + 2 * TOLERANCE)
  }

  /** Links to the endpoint `index` are not cut at that age any more. */
  forget(index: number): void {
    this.#known.delete(index)
    this.#last.delete(index)
  }
}
