/** CPU time that a rehearsal may take in all, in milliseconds: of the main thread, and of all threads, since V8 compiles in others. */
export interface Limits {
  readonly time: number
  readonly cpu: number
}

export const LIMITS: Limits = { time: 490, cpu: 1_250 }
/** Milliseconds that a turn may take before less is done in the next: what comes by a real tunnel waits as long. */
const LONG_TURN = 2
/** Milliseconds of a turn that was short enough for more. */
const SHORT_TURN = 1
/** Milliseconds without a real packet after which a tunnel is idle. */
export const IDLE_AFTER = 30
/** Real packets after which it is over: these go on by themselves, and a few that come alone go by. */
export const ENOUGH_PACKETS = 64
/** Milliseconds after which it is over, however much of its time is left: by then a tunnel is no longer young. */
export const MOST_AGE = 10_000
/** Packets of one turn at the most. */
const MOST_PACKETS = 12

/** What a rehearsal goes by; times are milliseconds. */
export interface Surroundings {
  now(): number
  /** CPU time of the process so far. */
  cpu(): number
  /** CPU time of the main thread so far; undefined where nobody tells. */
  own(): number | undefined
  /** Real packets that the tunnel carried so far. */
  carried(): number
}

/**
 * How fast a rehearsal goes, and when it stops: it begins with one packet a turn of the event loop, does more once turns
 * are short, waits while real packets pass, and is over when its time is up.
 */
export class Pace {
  readonly #surroundings: Surroundings
  readonly #limits: Limits
  /** Packets that each host sends in a turn. */
  packets = 1
  /** How heavy scenes may be, as {@link Scene.weight} counts. */
  weight: 0 | 1 | 2 = 0
  /** The longest turn or start so far, in milliseconds. */
  longest = 0
  #spent = 0
  #spentCpu = 0
  #from = 0
  #cpu = 0
  #own: number | undefined
  #carried: number
  #carriedAt: number
  readonly #begunAt: number
  /** Packets that had passed by then. */
  readonly #before: number
  #calm = 0

  constructor(surroundings: Surroundings, limits: Limits = LIMITS) {
    this.#limits = limits
    this.#surroundings = surroundings
    this.#before = surroundings.carried()
    this.#begunAt = surroundings.now()
    this.#carried = this.#before
    this.#carriedAt = Number.NEGATIVE_INFINITY
    this.begin()
  }

  /** The share of what it may take that is used, from 0 on; 1 is all of it. */
  get spent(): number {
    return Math.max(this.#spent / this.#limits.time, this.#spentCpu / this.#limits.cpu)
  }

  /** The same in milliseconds, of the main thread and of all threads. */
  get spentTimes(): Limits {
    return { time: this.#spent, cpu: this.#spentCpu }
  }

  /** A turn begins after a while in which nothing was rehearsed. */
  begin(): void {
    this.#from = this.#surroundings.now()
    this.#cpu = this.#surroundings.cpu()
    this.#own = this.#surroundings.own()
    this.#look()
  }

  /** Something was done that is no turn, such as a start: it counts for the time alone. */
  worked(): void {
    this.#spend()
  }

  /** A turn ended, and the next one begins. What it did counts for how much is done in that. */
  turned(): void {
    const took = this.#spend()
    this.#adapt(took)
    this.#look()
  }

  /** Milliseconds to wait before the next turn, since real packets pass; 0 if none do. */
  get pause(): number {
    return Math.max(0, this.#carriedAt + IDLE_AFTER - this.#surroundings.now())
  }

  /** Whether its time is up, or a real tunnel carried so much that nothing is left to rehearse. */
  get isOver(): boolean {
    const { now } = this.#surroundings
    const isOld = now() - this.#begunAt >= MOST_AGE
    return this.spent >= 1 || isOld || this.#carried - this.#before >= ENOUGH_PACKETS
  }

  /** Notices real packets. */
  #look(): void {
    const carried = this.#surroundings.carried()
    if (carried === this.#carried) return
    this.#carried = carried
    this.#carriedAt = this.#from
  }

  /**
   * Counts what was used since the last look: on a busy host that is less than what passed, of which other programs had
   * the rest. Returns the milliseconds that passed.
   */
  #spend(): number {
    const now = this.#surroundings.now()
    const cpu = this.#surroundings.cpu()
    const own = this.#surroundings.own()
    const took = now - this.#from
    const used = cpu - this.#cpu
    // Where nobody tells, the thread used as much as all of them did at the most, and as much as passed.
    this.#spent += own === undefined || this.#own === undefined ? Math.min(took, used) : own - this.#own
    this.#spentCpu += used
    this.#from = now
    this.#cpu = cpu
    this.#own = own
    if (took > this.longest) this.longest = took
    return took
  }

  #adapt(took: number): void {
    if (took > LONG_TURN) {
      this.#calm = 0
      this.packets = Math.max(1, this.packets >> 1)
      if (this.packets === 1 && this.weight > 0) this.weight--
    } else if (took < SHORT_TURN && ++this.#calm % 4 === 0) {
      if (this.packets < MOST_PACKETS) this.packets++
      if (this.packets >= 2 && this.weight < 2) this.weight++
    }
  }
}
