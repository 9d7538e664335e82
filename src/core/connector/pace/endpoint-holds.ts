import { CATALOG, type Pace, type ReasonCode } from '../../reasons/catalog.js'
import type { Clock } from '../../time/clock.js'

/** Milliseconds. How long an endpoint is left alone if what was wrong takes somebody to mend it; doubled each time. */
const SHORTEST_HOLD = 30_000
const LONGEST_HOLD = 600_000
/** Milliseconds for which a name may be unknown before it is left alone: a network that comes up may ask others first. */
const UNKNOWN_FOR = 60_000
/** Milliseconds between attempts with a login that was refused twice: more of them lock accounts. */
const LOGIN_HOLD = 1_800_000
/** Milliseconds by which the wall clock must have moved against the monotonic one to count as set. */
const CLOCK_STEP = 1_000

/** What is known of an endpoint that failed. */
interface Held {
  readonly code: string
  readonly since: number
  readonly failures: number
  readonly hold: number
  readonly until: number
}

/** How long each endpoint is left alone, by what was wrong with it: what nobody mended fails again, and may lock accounts. */
export class EndpointHolds {
  readonly #clock: Clock
  readonly #held = new Map<number, Held>()
  /** The wall clock less the monotonic one. */
  #difference: number

  constructor(clock: Clock) {
    this.#clock = clock
    this.#difference = clock.wall() - clock.now()
  }

  /** The endpoint `index` failed for this reason. */
  failed(index: number, code: string): void {
    const now = this.#clock.now()
    const last = this.#held.get(index)
    const before = last !== undefined && isOneKind(last.code, code) ? last : undefined
    const failures = (before?.failures ?? 0) + 1
    const since = before?.since ?? now
    const hold = holdOf(paceOf(code), failures, now - since, before?.hold ?? 0)
    this.#held.set(index, { code, since, failures, hold, until: now + hold })
  }

  /** Until when the endpoint `index` is left alone; undefined if it may be tried. */
  until(index: number): number | undefined {
    const until = this.#held.get(index)?.until
    return until !== undefined && until > this.#clock.now() ? until : undefined
  }

  /** The endpoint `index` answered. */
  answered(index: number): void {
    this.#held.delete(index)
  }

  /** Whatever was wrong may be mended: all may be tried, with `keepsLogins` but those whose login was refused. */
  release(keepsLogins: boolean): void {
    for (const [index, { code }] of this.#held)
      if (!keepsLogins || paceOf(code) !== 'login') this.#held.delete(index)
  }

  /** Lets those be tried that failed by what a clock said, if that was set since the last call. Whether there are any. */
  releaseByClock(): boolean {
    const difference = this.#clock.wall() - this.#clock.now()
    const isSet = Math.abs(difference - this.#difference) > CLOCK_STEP
    this.#difference = difference
    if (!isSet) return false
    const byClock = [...this.#held].filter(([, { code }]) => BY_CLOCK.includes(code))
    for (const [index] of byClock) this.#held.delete(index)
    return byClock.length > 0
  }
}

/** What another time of day mends. */
const BY_CLOCK: readonly string[] = [
  'certificate-early',
  'certificate-expired',
  'chain-expired',
] satisfies ReasonCode[]

/** A login that is refused and one that is not even tried again count as one, as what somebody has to mend does. */
function isOneKind(a: string, b: string): boolean {
  return a === b || (paceOf(a) !== undefined && paceOf(a) === paceOf(b))
}

function paceOf(code: string): Pace | undefined {
  return Object.hasOwn(CATALOG, code) ? CATALOG[code as ReasonCode][4] : undefined
}

/** Milliseconds; 0 if it is tried as soon as any other. */
function holdOf(pace: Pace | undefined, failures: number, lasted: number, before: number): number {
  if (pace === 'login') return failures < 2 ? 0 : LOGIN_HOLD
  if (pace === 'slow' || (pace === 'unknown' && lasted >= UNKNOWN_FOR))
    return Math.min(LONGEST_HOLD, Math.max(SHORTEST_HOLD, 2 * before))
  return 0
}
