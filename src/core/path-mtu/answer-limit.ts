/** On average. An answer tells a host for minutes, so few are needed. */
export const ANSWERS_PER_SECOND = 100
/** More of them within less than a second. */
export const ANSWERS_AT_ONCE = 50

/** Bounds how many ICMP messages are sent, as RFC 1812 section 4.3.2.8 and RFC 4443 section 2.4 (f) want: a token bucket. */
export class AnswerLimit {
  #tokens = ANSWERS_AT_ONCE
  #last = Number.NEGATIVE_INFINITY

  /** Whether one more may be sent; `now` in milliseconds. */
  allows(now: number): boolean {
    this.#tokens = Math.min(ANSWERS_AT_ONCE, this.#tokens + ((now - this.#last) * ANSWERS_PER_SECOND) / 1000)
    this.#last = now
    if (this.#tokens < 1) return false
    this.#tokens--
    return true
  }
}
