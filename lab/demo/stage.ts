import type { Combination } from './combinations.js'
import type { Measurement } from './measurement.js'

/** Where the demo takes place: what plays the two hosts. */
export interface Stage {
  /** What plays the hosts, for the table. */
  readonly hosts: string
  /**
   * Starts a tunnel, measures it and stops it, in `limit` milliseconds.
   *
   * @throws Error if any of that fails; nothing of the tunnel is left then, either.
   */
  run(combination: Combination, limit: number): Promise<Measurement>
  /** Idempotent and synchronous, so that it may be called while the process exits. */
  close(): void
}
