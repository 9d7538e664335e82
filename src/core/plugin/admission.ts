/** A far end that has proven nothing yet, such as one that just connected. */
export interface Admission {
  /** Says where it comes from, if that is known only later: the bytes of an address, 4 or 16, as `sourceBytes` gives them. */
  from(source: Uint8Array): void
  /** From now on `close` is how it is ended. */
  closedBy(close: () => void): void
  /** It has proven itself, as `Link.authenticated` tells, or is gone: it counts no longer. Idempotent. */
  settle(): void
}

/**
 * Counts a far end among those that have proven nothing, as built-in listeners do: they are bounded in number, in number per
 * address and in time (`[streams]` of the configuration), over all transports together. At a bound the oldest is closed;
 * at that of an address the newcomer, until the oldest has had 2 s.
 *
 * @param source The bytes of its address, 4 or 16, as `sourceBytes` gives them; an IPv4-mapped one counts as the IPv4 one. All
 * without an address share one.
 * @param close Ends it without a word. It is called once at the most, and never within this call.
 */
export type Admit = (source: Uint8Array | undefined, close: () => void) => Admission
