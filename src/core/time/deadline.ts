/**
 * The earliest of many moments, or one before it. Setting a moment costs a comparison; to put one off costs nothing, and
 * leaves the deadline too early: code that finds nothing due then sets it anew.
 */
export class Deadline {
  /** In the time of `now`; Infinity for never. */
  at = Number.POSITIVE_INFINITY

  /** Something is due at this moment, and no later. */
  lower(at: number): void {
    if (at < this.at) this.at = at
  }
}
