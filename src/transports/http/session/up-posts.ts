import { POST_BYTES } from './limits.js'
import type { Outbox } from './outbox.js'

/** A part of the client's bytes. */
export interface Range {
  readonly from: number
  readonly to: number
}

/** Chooses which bytes of the client's the next post has. */
export class UpPosts {
  /** Posts that may be under way. */
  limit = 1
  /** Bytes of data that the next post has at the most. */
  size: number = POST_BYTES.first
  /** Bytes that the server takes beyond the acknowledged ones. */
  window = 0
  readonly #outbox: Outbox
  /** Up to where bytes were posted. */
  #posted = 0
  #underWay = 0
  /** What broken posts had. */
  #broken: Range[] = []

  constructor(outbox: Outbox) {
    this.#outbox = outbox
  }

  /** The bytes of the next post, which is under way from now on; undefined if there are none, or too many posts. */
  next(): Range | undefined {
    if (this.#underWay >= this.limit) return undefined
    const range = this.#repeated() ?? this.#fresh()
    if (range !== undefined) this.#underWay++
    return range
  }

  /** A post without data, if there is room for one. */
  empty(): Range | undefined {
    if (this.#underWay >= this.limit) return undefined
    this.#underWay++
    return { from: this.#posted, to: this.#posted }
  }

  /** A post was answered. */
  done(): void {
    this.#underWay--
  }

  /** A post broke; `isTooLarge` if the server, or something before it, takes only smaller ones. */
  broke(range: Range, isTooLarge: boolean): void {
    this.#underWay--
    if (isTooLarge) {
      const half = Math.ceil((range.to - range.from) / 2)
      this.size = Math.max(POST_BYTES.least, Math.min(this.size, half))
    }
    if (range.to > range.from) this.#broken.push(range)
  }

  #repeated(): Range | undefined {
    for (;;) {
      const range = this.#broken.shift()
      if (range === undefined) return undefined
      const from = Math.max(range.from, this.#outbox.acked)
      if (from >= range.to) continue
      const to = Math.min(range.to, from + this.size)
      if (to < range.to) this.#broken.unshift({ from: to, to: range.to })
      return { from, to }
    }
  }

  #fresh(): Range | undefined {
    const { acked, end } = this.#outbox
    if (this.#underWay === 0) this.#posted = acked // the server did not keep what is behind: it came too early
    const from = Math.max(this.#posted, acked)
    const to = Math.min(end, from + this.size, acked + this.window)
    if (to <= from) return undefined
    this.#posted = to
    return { from, to }
  }
}
