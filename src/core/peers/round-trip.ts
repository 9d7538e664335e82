/** Probes that are remembered. The answer to an older one tells nothing. */
const MAX_ASKED = 8

/** How long it takes to a peer and back, by the newest probe that was answered or the newest handshake. */
export class RoundTrip {
  readonly #asked: { readonly id: number; readonly at: number }[] = []
  #milliseconds: number | undefined
  #at = Number.NEGATIVE_INFINITY

  /** Milliseconds; undefined while nothing told. */
  get milliseconds(): number | undefined {
    return this.#milliseconds
  }

  /** When it was measured last. */
  get at(): number {
    return this.#at
  }

  /** A probe with this id is sent. */
  asked(id: number, now: number): void {
    this.#asked.push({ id, at: now })
    if (this.#asked.length > MAX_ASKED) this.#asked.shift()
  }

  /** Probes with these ids were answered. */
  answered(ids: readonly number[], now: number): void {
    for (const { id, at } of this.#asked) if (ids.includes(id)) this.took(now - at, now)
  }

  /** Something else told how long it takes, at a time. */
  took(milliseconds: number, at: number): void {
    if (at < this.#at) return
    this.#milliseconds = milliseconds
    this.#at = at
  }
}
