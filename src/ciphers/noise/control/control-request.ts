import type { Deadline } from '../../../core/time/deadline.js'

/** Milliseconds until a request that nothing answered is sent again, or given up. */
const RETRIES = [1000, 2000, 4000]

const NEVER = Number.POSITIVE_INFINITY

/** When a request of this end is to be sent: at once, and again after 1 and 2 s, unless it is answered. */
export class ControlRequest {
  /** When to send it, or to give up; Infinity for never. */
  nextAt = NEVER
  readonly #deadline: Deadline
  #id = 0
  #sent = 0

  /** @param deadline is lowered to when the request is to be sent. */
  constructor(deadline: Deadline) {
    this.#deadline = deadline
  }

  /** The id of the request that was begun last. 32 bits. */
  get id(): number {
    return this.#id
  }

  /** Whether it waits to be sent or answered. */
  get isOpen(): boolean {
    return this.nextAt !== NEVER
  }

  /** Begins a new request, to be sent at `at`. */
  begin(id: number, at: number): void {
    this.#id = id
    this.#sent = 0
    this.nextAt = at
    this.#deadline.lower(at)
  }

  /** It is being sent. False if it was sent in vain for the last time: then it is over. */
  send(now: number): boolean {
    if (this.#sent === RETRIES.length) {
      this.end()
      return false
    }
    this.nextAt = now + RETRIES[this.#sent++]!
    this.#deadline.lower(this.nextAt)
    return true
  }

  /** It is answered, or no longer of use. */
  end(): void {
    this.nextAt = NEVER
  }
}
