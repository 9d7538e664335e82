import type { Link } from '../../api/transport.js'

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
  /** When links were opened. */
  readonly #openedAt = new WeakMap<Link, number>()
  readonly #last = new Map<number, number>()
  readonly #known = new Map<number, number>()

  opened(link: Link, now: number): void {
    this.#openedAt.set(link, now)
  }

  /** A link to the endpoint `index` was cut now. Whether that tells an age that was not known. */
  cut(index: number, link: Link, now: number): boolean {
    const age = now - this.#openedAt.get(link)!
    if (!link.stream || age < YOUNGEST) return false
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

  /** When the link after `link` is to be opened, since that is cut soon after; Infinity while no age is known. */
  renewalAt(index: number, link: Link): number {
    const age = this.#known.get(index)
    if (age === undefined || !link.stream) return Number.POSITIVE_INFINITY
    return this.#openedAt.get(link)! + age - Math.min(LEAD, age / 3)
  }

  /** When `link` proves that links are not cut at the age that is known. */
  disprovedAt(index: number, link: Link): number {
    return this.#openedAt.get(link)! + (this.#known.get(index) ?? 0) * (1 + 2 * TOLERANCE)
  }

  /** Links to the endpoint `index` are not cut at that age any more. */
  forget(index: number): void {
    this.#known.delete(index)
    this.#last.delete(index)
  }
}
