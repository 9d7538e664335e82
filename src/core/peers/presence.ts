/** Milliseconds without anything authentic after which a peer is offline, at the least. WireGuard's Reject-After-Time. */
const OFFLINE_AFTER = 180_000
/** As many keepalives missing mean the same, if those take longer. */
const KEEPALIVES_MISSED = 3
/** Milliseconds without anything authentic after which a peer is idle, at the least. */
const IDLE_AFTER = 30_000
/** As many keepalives may take longer: one may be lost. */
const KEEPALIVES_AWAITED = 2

/** `online`: something authentic came a moment ago. `offline`: it said goodbye, or nothing came for long. `idle`: in between. */
export type PresenceState = 'online' | 'idle' | 'offline'

/** How a peer comes and goes. */
export type PresenceChange = 'came' | 'said goodbye' | 'fell silent'

/** Whether a peer is there, by what proves to come from it and by nothing else. All times in milliseconds of the clock. */
export class Presence {
  /** Between the keepalives that this end sends; 0: none. */
  keepalive = 0
  /** When something authentic came last, written for each batch of it; undefined if nothing ever did. */
  lastSeen: number | undefined
  /** Whether it is online or idle; `turn`, `pass` change it. A field, since each batch is compared with it. */
  isHere = false
  #onlineSince: number | undefined
  #saidGoodbye = false
  readonly #changed: (change: PresenceChange, now: number) => void

  /** @param changed is told when the peer comes or goes, amid the pump's work: it does nothing there but note it. */
  constructor(changed: (change: PresenceChange, now: number) => void) {
    this.#changed = changed
  }

  /** Since when it is online, or idle; undefined while it is offline. */
  get onlineSince(): number | undefined {
    return this.#onlineSince
  }

  /** Whether it is offline because it said so. */
  get saidGoodbye(): boolean {
    return this.#saidGoodbye
  }

  /** After how long a silence it is offline. */
  get offlineAfter(): number {
    return Math.max(OFFLINE_AFTER, KEEPALIVES_MISSED * this.keepalive)
  }

  /** When it will be offline unless something comes; undefined if it is. */
  get offlineAt(): number | undefined {
    return this.#onlineSince === undefined ? undefined : this.lastSeen! + this.offlineAfter
  }

  /** What came last says that it is there, or by a goodbye that it is not, other than before. */
  turn(now: number): void {
    this.#saidGoodbye = this.isHere
    this.#change(this.isHere ? 'said goodbye' : 'came', now)
  }

  /** Time passed: it goes offline if nothing came for too long. */
  pass(now: number): void {
    if (this.offlineAt === undefined || now < this.offlineAt) return
    this.#change('fell silent', now)
  }

  /** Whether it is there at a time that is not before what came last. */
  state(now: number): PresenceState {
    if (this.offlineAt === undefined || now >= this.offlineAt) return 'offline'
    const idleAfter = Math.max(IDLE_AFTER, KEEPALIVES_AWAITED * this.keepalive)
    return now - this.lastSeen! < idleAfter ? 'online' : 'idle'
  }

  #change(change: PresenceChange, now: number): void {
    this.isHere = change === 'came'
    this.#onlineSince = this.isHere ? now : undefined
    this.#changed(change, now)
  }
}
