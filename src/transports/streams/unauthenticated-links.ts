import { customerOf } from '../../core/ip/ip-network.js'
import type { Admission } from '../../core/plugin/admission.js'
import { STREAM_SETTINGS, type StreamSettings } from '../../core/settings/option-groups.js'
import type { Clock, Timer } from '../../core/time/clock.js'

/** How many stream links may have proven nothing yet, and for how long (security.md: slow and half-open clients). */
export interface UnauthenticatedLimits {
  /** In all. */
  readonly total: number
  /** From one address; an IPv6 address stands for its /64. */
  readonly perAddress: number
  /** Milliseconds from being accepted to the first authentic datagram. */
  readonly patience: number
  /** Of those in all, how many may have begun with TLS: each has some 40 KiB of OpenSSL. 256 if absent. */
  readonly secured?: number
}

/** Links within TLS that may have proven nothing. */
const MAX_SECURED = 256

export const DEFAULT_UNAUTHENTICATED_LIMITS: UnauthenticatedLimits = {
  total: STREAM_SETTINGS.maxUnauthenticated.default,
  perAddress: STREAM_SETTINGS.maxUnauthenticatedPerAddress.default,
  patience: STREAM_SETTINGS.unauthenticatedTimeout.default,
}

/** The limits that are configured. */
export function unauthenticatedLimits(limits: StreamSettings = {}): UnauthenticatedLimits {
  const { total, perAddress, patience } = DEFAULT_UNAUTHENTICATED_LIMITS
  return {
    total: limits.maxUnauthenticated ?? total,
    perAddress: limits.maxUnauthenticatedPerAddress ?? perAddress,
    patience: limits.unauthenticatedTimeout ?? patience,
  }
}

/**
 * Milliseconds that a link is left to prove itself, however many come from its address: enough for the round trips of
 * TCP, TLS, an upgrade and a handshake. Many clients behind one address would else displace each other without end.
 */
const CHANCE = 2_000

/** A carrier that has proven nothing yet. It may be one of which only a proxy's address was known. */
export interface UnauthenticatedLink extends Admission {
  /** It begins with TLS, which costs more than all else that one may cost. */
  secure(): void
}

interface Entry {
  readonly since: number
  close: () => void
  /** Undefined while the address is not known. */
  source: string | undefined
}

/**
 * The accepted stream links that have proven nothing: capped in number, in number per address, and in age. Where
 * a cap is reached the oldest is closed and the newcomer let in, so that silent unknown sources cannot keep others out;
 * but at the cap of an address the newcomer is closed as long as the oldest has not had its chance.
 */
export class UnauthenticatedLinks {
  /** Carriers that were closed, by cause. */
  readonly closed = { late: 0, crowded: 0 }
  readonly #clock: Clock
  #limits: UnauthenticatedLimits
  /** A set keeps the order in which they came, and all wait equally long: the first one is due first. */
  readonly #entries = new Set<Entry>()
  readonly #bySource = new Map<string, Set<Entry>>()
  readonly #secured = new Set<Entry>()
  #timer: Timer | undefined

  constructor(clock: Clock, limits: UnauthenticatedLimits = DEFAULT_UNAUTHENTICATED_LIMITS) {
    this.#clock = clock
    this.#limits = limits
  }

  /** Bounds them otherwise from now on; those that are there already may be more than that, and wait no longer. */
  bound(limits: UnauthenticatedLimits): void {
    this.#limits = limits
    this.#timer?.cancel()
    this.#expire()
  }

  /** How many there are now. */
  get size(): number {
    return this.#entries.size
  }

  /**
   * Counts a carrier that was just accepted. `close` is called when it has to go.
   *
   * @param address Where it comes from; undefined while that is not known, as behind a trusted proxy.
   */
  admit(address: Uint8Array | undefined, close: () => void): UnauthenticatedLink {
    if (this.#entries.size >= this.#limits.total) this.#displace(this.#entries)
    const entry: Entry = { since: this.#clock.now(), close, source: undefined }
    this.#entries.add(entry)
    // The caller has nothing to close yet.
    if (address && !this.#assign(entry, sourceOf(address))) queueMicrotask(() => entry.close())
    if (this.#entries.size > 0) this.#timer ??= this.#clock.schedule(this.#limits.patience, this.#expire)
    return {
      from: (known) => {
        if (this.#entries.has(entry) && !this.#assign(entry, sourceOf(known))) entry.close()
      },
      closedBy: (other) => {
        entry.close = other
      },
      secure: () => {
        if (this.#entries.has(entry)) this.#secure(entry)
      },
      settle: () => this.#remove(entry),
    }
  }

  #secure(entry: Entry): void {
    if (this.#secured.has(entry)) return
    if (this.#secured.size >= (this.#limits.secured ?? MAX_SECURED)) this.#displace(this.#secured)
    this.#secured.add(entry)
  }

  /** Closes the oldest of the address that has most of them. False if there is none. */
  makeRoom(): boolean {
    if (this.#entries.size === 0) return false
    let most: ReadonlySet<Entry> | undefined
    for (const siblings of this.#bySource.values()) if (siblings.size > (most?.size ?? 0)) most = siblings
    this.#displace(most ?? this.#entries)
    return true
  }

  /** False if it has to go: then it counts no longer. */
  #assign(entry: Entry, source: string): boolean {
    this.#unassign(entry)
    const siblings = this.#bySource.get(source) ?? new Set()
    if (siblings.size >= this.#limits.perAddress) {
      const [oldest] = siblings
      if (this.#clock.now() - oldest!.since < Math.min(CHANCE, this.#limits.patience)) {
        this.closed.crowded++
        this.#remove(entry)
        return false
      }
      this.#displace(siblings)
    }
    entry.source = source
    siblings.add(entry)
    this.#bySource.set(source, siblings)
    return true
  }

  #unassign(entry: Entry): void {
    if (entry.source === undefined) return
    const siblings = this.#bySource.get(entry.source)
    siblings?.delete(entry)
    if (siblings?.size === 0) this.#bySource.delete(entry.source)
    entry.source = undefined
  }

  /** Closes the oldest of these. */
  #displace(entries: ReadonlySet<Entry>): void {
    for (const oldest of entries) {
      this.closed.crowded++
      this.#remove(oldest)
      oldest.close()
      return
    }
  }

  #remove(entry: Entry): void {
    if (!this.#entries.delete(entry)) return
    this.#secured.delete(entry)
    this.#unassign(entry)
    if (this.#entries.size > 0) return
    this.#timer?.cancel()
    this.#timer = undefined
  }

  readonly #expire = (): void => {
    this.#timer = undefined
    const now = this.#clock.now()
    const late: Entry[] = []
    for (const entry of this.#entries) {
      const left = entry.since + this.#limits.patience - now
      if (left > 0) {
        this.#timer = this.#clock.schedule(left, this.#expire)
        break
      }
      late.push(entry)
    }
    for (const entry of late) {
      if (!this.#entries.has(entry)) continue // another one's close settled it
      this.closed.late++
      this.#remove(entry)
      entry.close()
    }
  }
}

function sourceOf(address: Uint8Array): string {
  return customerOf(address).join('.')
}
