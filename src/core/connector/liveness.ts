/** Milliseconds without an answer, while something is being sent, until the first probe. */
export const SILENCE = 1_000
/** Milliseconds between probes. */
export const PROBE_INTERVAL = 500
/** Probes that may stay unanswered. */
export const PROBES = 3
/**
 * Milliseconds without an answer until a peer that knows no probes counts as dead: WireGuard's keepalive and
 * retry timers, which would have brought an answer by then (whitepaper, section 6.5).
 */
const SILENCE_WITHOUT_PROBES = 15_000

/**
 * Whether the carrier in use still carries: while sending, one second of silence brings probes, and three that
 * stay unanswered prove it dead; while idle, one probe in a while keeps it known and open.
 */
export class Liveness {
  /** Milliseconds of silence after which an idle carrier is probed. */
  readonly #idle: number
  #lastReceived: number
  /** When something was first sent that nothing was received after. */
  #unanswered = Number.POSITIVE_INFINITY
  #probes = 0
  #lastProbe = Number.NEGATIVE_INFINITY
  /** False while the peer is known to answer no probes, or has no session to answer them in. */
  #probed = true

  constructor(idle: number, now: number) {
    this.#idle = idle
    this.#lastReceived = now
  }

  /** Something was sent. Returns whether it is the first since something was received: only that brings `due` forward. */
  sent(now: number): boolean {
    if (this.#unanswered !== Number.POSITIVE_INFINITY) return false
    this.#unanswered = now
    return true
  }

  received(now: number): void {
    this.#lastReceived = now
    this.#unanswered = Number.POSITIVE_INFINITY
    this.#probes = 0
    this.#probed = true
  }

  /** When `check` wants to be called. */
  get due(): number {
    if (!this.#probed) return this.#unanswered + SILENCE_WITHOUT_PROBES
    if (this.#probes > 0) return this.#lastProbe + PROBE_INTERVAL
    return Math.min(this.#unanswered + SILENCE, this.#lastReceived + this.#idle)
  }

  /** What is to be done now; `probe` lets the caller send one. */
  check(now: number): 'nothing' | 'probe' | 'dead' {
    const late = now - this.due
    if (late < 0) return 'nothing'
    if (!this.#probed) return 'dead'
    if (this.#probes < PROBES) this.#probes++
    else if (late < PROBE_INTERVAL) return 'dead'
    // So late the host was busy or stopped, and the answer may wait unread: one more probe tells.
    this.#lastProbe = now
    return 'probe'
  }

  /** There is a reason to doubt the carrier: the next check probes. */
  suspect(now: number): void {
    this.#unanswered = Math.min(this.#unanswered, now - SILENCE)
  }

  /** No probe can be sent: until something is received, only long silence tells. */
  cannotProbe(): void {
    this.#probed = false
  }
}
