// @ts-check

/** Lets through so many bytes in a time, and some at once: RFC 2697 section 3, with one color. */
export class TokenBucket {
  #rate
  #tokens
  #at

  /**
   * @param {import('./rates.js').Rate} rate
   * @param {number} now
   */
  constructor(rate, now) {
    this.#rate = rate
    this.#tokens = rate.burst
    this.#at = now
  }

  /**
   * Takes bytes out, if they are there.
   *
   * @type {(bytes: number, now: number) => boolean}
   */
  takes(bytes, now) {
    const { burst, perMillisecond } = this.#rate
    this.#tokens = Math.min(burst, this.#tokens + (now - this.#at) * perMillisecond)
    this.#at = now
    if (this.#tokens < bytes) return false
    this.#tokens -= bytes
    return true
  }

  /**
   * Whether it is as if it were new.
   *
   * @type {(now: number) => boolean}
   */
  isFull(now) {
    const { burst, perMillisecond } = this.#rate
    return this.#tokens + (now - this.#at) * perMillisecond >= burst
  }
}
