/** Answers a second, on average, and at once. Each tells a host for minutes, so few are needed. */
const RATE = 100
const BURST = 50

/** Bounds how many ICMP messages are sent, as RFC 1812 section 4.3.2.8 and RFC 4443 section 2.4 (f) want: a token bucket. */
export class AnswerLimit {
  #tokens = BURST
  #last = Number.NEGATIVE_INFINITY

  /** Whether one more may be sent; `now` in milliseconds. */
  allows(now: number): boolean {
    this.#tokens = Math.min(BURST, this.#tokens + ((now - this.#last) * RATE) / 1000)
    this.#last = now
    if (this.#tokens < 1) return false
    this.#tokens--
    return true
  }
}
