/** Time and timers, so that tests can move them. */
export interface Clock {
  /** Monotonic time in milliseconds. */
  now(): number
  /** Milliseconds since 1970, as the host believes. */
  wall(): number
  /** Calls `callback` once after `delay` milliseconds, unless the timer is cancelled. */
  schedule(delay: number, callback: () => void): Timer
}

/** A pending call. */
export interface Timer {
  /** Idempotent. */
  cancel(): void
}
