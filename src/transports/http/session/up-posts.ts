import { BULK, POST_BYTES, SPACING } from './limits.js'
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
  /** Milliseconds between posts that are under way together and have little data. */
  spacing: number = SPACING.least
  /** Whether a post with a little waits for more even if no other one is under way, since much comes down. */
  waits = false
  /** When a post may be begun for which there is little data by now. */
  due = Number.POSITIVE_INFINITY
  /** Bytes that it may grow to: what was refused is not tried again. */
  #most: number = POST_BYTES.most
  readonly #outbox: Outbox
  /** Up to where bytes were posted. */
  #posted = 0
  #underWay = 0
  /** When the last one was begun. */
  #last = Number.NEGATIVE_INFINITY
  /** What broken posts had. */
  #broken: Range[] = []

  constructor(outbox: Outbox) {
    this.#outbox = outbox
  }

  /** The bytes of the next post, which is under way from now on; undefined if there are none, or too many posts. */
  next(now: number): Range | undefined {
    this.due = Number.POSITIVE_INFINITY
    if (this.#underWay >= this.limit) return undefined
    const range = this.#repeated() ?? this.#fresh(now)
    if (range !== undefined) this.#begun(now)
    return range
  }

  /** A post without data, if there is room for one. */
  empty(now: number): Range | undefined {
    if (this.#underWay >= this.limit) return undefined
    this.#begun(now)
    return { from: this.#posted, to: this.#posted }
  }

  /** A post was answered: if it was as large as may be, the next ones may be larger. */
  done({ from, to }: Range): void {
    this.#underWay--
    if (to - from >= this.size) this.size = Math.min(this.#most, 2 * this.size)
  }

  /** A post broke; `isTooLarge` if the server, or something before it, takes only smaller ones. */
  broke(range: Range, isTooLarge: boolean): void {
    this.#underWay--
    if (isTooLarge) {
      const half = Math.ceil((range.to - range.from) / 2)
      this.size = Math.max(POST_BYTES.least, Math.min(this.size, half))
      this.#most = this.size
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

  #begun(now: number): void {
    this.#underWay++
    this.#last = now
  }

  /**
   * A little waits a moment for more if other posts are under way, and the more of them, the longer, or if much comes down: each costs
   * as much as what a hundred packets do.
   */
  #fresh(now: number): Range | undefined {
    const { acked, end } = this.#outbox
    if (this.#underWay === 0) this.#posted = acked // the server did not keep what is behind: it came too early
    const from = Math.max(this.#posted, acked)
    const to = Math.min(end, from + this.size, acked + this.window)
    if (to <= from) return undefined
    const isGathered = this.#underWay > 0 || this.waits
    const enough = isGathered ? Math.min(this.size, POST_BYTES.enough * 2 ** this.#underWay) : 0
    const due = this.#last + (this.waits ? Math.max(this.spacing, BULK.spacing) : this.spacing)
    if (to - from < enough && now < due) {
      this.due = due
      return undefined
    }
    this.#posted = to
    return { from, to }
  }
}
