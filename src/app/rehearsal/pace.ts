/** Milliseconds of CPU time that a rehearsal may take in all: `time` of the main thread, `cpu` of all threads, since V8 compiles in others. */
export interface Limits {
  readonly time: number
  readonly cpu: number
}

export const LIMITS: Limits = { time: 490, cpu: 1_250 }
/** Milliseconds. After a longer turn the next one does less: real packets wait for the end of a turn. */
const LONG_TURN = 2
/** Milliseconds. After a few shorter turns the next one does more. */
const SHORT_TURN = 1
/** Milliseconds without a real packet after which a tunnel is idle. */
export const IDLE_AFTER = 30
/** Milliseconds. If its thread waits longer for a CPU within a turn, others have work to do, and this can come later. */
const CROWDED = 1
/** Milliseconds that it leaves the CPU to them then, and in all: a program that starts is let through, a busy host is not waited for. */
export const YIELD = 20
export const MOST_YIELDED = 400
/** Real packets after which it is over: so many warm the code up by themselves, a few lone ones do not. */
export const ENOUGH_PACKETS = 64
/** Milliseconds after which it is over, whatever CPU time is left: the tunnel is no longer young. */
export const MOST_AGE = 10_000
/** Packets of one turn at the most. */
const MOST_PACKETS = 12

/** What a rehearsal measures; times are in milliseconds. */
export interface Surroundings {
  now(): number
  /** CPU time of the process so far. */
  cpu(): number
  /** CPU time of the main thread so far; undefined if Node does not tell. */
  own(): number | undefined
  /** Milliseconds that the main thread waited for a CPU so far. */
  waited(): number
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
  /** The longest turn or step of a start so far, in milliseconds of its thread's CPU time. */
  longest = 0
  #spent = 0
  #spentCpu = 0
  #from = 0
  #cpu = 0
  #own: number | undefined
  #carried: number
  #carriedAt: number
  #waited: number
  /** When it last left the CPU to others, and for how long it did so far. */
  #yieldedAt = Number.NEGATIVE_INFINITY
  #yielded = 0
  readonly #begunAt: number
  /** Real packets carried when it began. */
  readonly #before: number
  #calm = 0

  constructor(surroundings: Surroundings, limits: Limits = LIMITS) {
    this.#limits = limits
    this.#surroundings = surroundings
    this.#before = surroundings.carried()
    this.#waited = surroundings.waited()
    this.#begunAt = surroundings.now()
    this.#carried = this.#before
    this.#carriedAt = Number.NEGATIVE_INFINITY
    this.begin()
  }

  /** The share of its limits that is used: 0 at the start, 1 once one is reached. */
  get spent(): number {
    return Math.max(this.#spent / this.#limits.time, this.#spentCpu / this.#limits.cpu)
  }

  /** The same in milliseconds, of the main thread and of all threads. */
  get spentTimes(): Limits {
    return { time: this.#spent, cpu: this.#spentCpu }
  }

  /** A turn begins: what passed since the last one does not count. */
  begin(): void {
    this.#from = this.#surroundings.now()
    this.#cpu = this.#surroundings.cpu()
    this.#own = this.#surroundings.own()
    this.#waited = this.#surroundings.waited()
    this.#look()
  }

  /** Work ended that is no turn, such as a start: counts its time, and leaves the pace as it is. */
  worked(): void {
    this.#spend()
    this.#feel()
  }

  /** A turn ended, and the next one begins, with more or less to do by how long this one took. */
  turned(): void {
    const took = this.#spend()
    this.#adapt(took)
    this.#feel()
    this.#look()
  }

  /** Milliseconds to wait before the next turn while real packets pass; 0 if none do. */
  get pause(): number {
    return Math.max(0, this.#carriedAt + IDLE_AFTER - this.#surroundings.now())
  }

  /** Milliseconds for which others have the CPU; 0 if none want it. */
  get yields(): number {
    return Math.max(0, this.#yieldedAt + YIELD - this.#surroundings.now())
  }

  /** Whether its time is up, or the real tunnel carried so many packets that nothing is left to rehearse. */
  get isOver(): boolean {
    const { now } = this.#surroundings
    const isOld = now() - this.#begunAt >= MOST_AGE
    return this.spent >= 1 || isOld || this.#carried - this.#before >= ENOUGH_PACKETS
  }

  /** Notices whether its thread had to wait for a CPU since the last time. */
  #feel(): void {
    const waited = this.#surroundings.waited()
    const isCrowded = waited - this.#waited > CROWDED
    this.#waited = waited
    if (!isCrowded || this.#yielded >= MOST_YIELDED) return
    this.#yielded += YIELD
    this.#yieldedAt = this.#surroundings.now()
  }

  /** Notices real packets. */
  #look(): void {
    const carried = this.#surroundings.carried()
    if (carried === this.#carried) return
    this.#carried = carried
    this.#carriedAt = this.#from
  }

  /**
   * Counts the CPU time used since the last call: on a busy host less than the time that passed, since other programs run,
   * too. Returns its milliseconds.
   */
  #spend(): number {
    const now = this.#surroundings.now()
    const cpu = this.#surroundings.cpu()
    const own = this.#surroundings.own()
    const used = cpu - this.#cpu
    // If nobody tells, an upper bound: the thread used no more than all of them, and no more than passed.
    const took =
      own === undefined || this.#own === undefined ? Math.min(now - this.#from, used) : own - this.#own
    this.#spent += took
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
