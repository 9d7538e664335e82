/** How long and how much is measured. */
export interface Effort {
  /** Seconds of each transfer. */
  readonly seconds: number
  /** Pings for a round trip, fresh and warm each. */
  readonly pings: number
  /** Whether, under load, only what the short tables show is measured. */
  readonly short: boolean
}
