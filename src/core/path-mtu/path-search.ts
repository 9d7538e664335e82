/** Milliseconds until an unanswered probe is sent again, or given up. RFC 8899 section 5.1.1, PROBE_TIMER: at least 1 s. */
const PROBE_TIMEOUT = 1_000
/** Probes of one size that may stay unanswered. RFC 8899 section 5.1.2, MAX_PROBES */
const MAX_PROBES = 3
/** The same for a size that passed before: the host keeps for minutes what it is told, so loss must not look like a limit. */
export const MAX_PROBES_IN_USE = 5
/** Milliseconds, while large datagrams are sent, after which the size in use is confirmed anew. */
export const CONFIRM_INTERVAL = 5_000
/** Milliseconds after which a larger size is tried. RFC 8899 section 5.1.1, PMTU_RAISE_TIMER */
export const RAISE_INTERVAL = 600_000
/** Bytes between what passes and what does not, at which a search ends. */
const PRECISION = 8
/** Sizes below a doubtful one that are tried with it, so that one round tells about how much passes. */
const RUNGS = 8

const NEVER = Number.POSITIVE_INFINITY

/** What a search knows of its size: `assumed` until anything was answered, `confirmed` once what it has was. */
export type PathState = 'assumed' | 'searching' | 'confirmed'

/** Probes to be sent now: one, or two of one size in one batch. */
export interface Probe {
  /** Bytes. */
  readonly size: number
  readonly batch: boolean
}

/** A size that is being tried. */
interface Trial {
  readonly size: number
  /** Whether it is tried by a batch, as data goes. */
  readonly batch: boolean
  attempts: number
  /** Probes of it that may stay unanswered. */
  readonly patience: number
  /** When the next probe of it, or the verdict, is due. */
  due: number
  /** Something smaller passed meanwhile: so if this does not, the size is the reason. */
  smallerPassed: boolean
  /** A single datagram of this size passed. */
  singlePassed: boolean
  /** A batch passed, of whatever size. */
  batchPassed: boolean
}

/**
 * Finds how large datagrams may be that pass a path whole, in bytes of datagrams: a state machine fed with time, after
 * RFC 8899 (Datagram Packetization Layer Path MTU Discovery). It begins with `max`, since most paths carry it, and
 * tries that at once. The size in use is tried again every 5 s while large datagrams are sent; after five probes
 * without an answer, where smaller ones were answered, it falls to the largest size that was, and what lies between is
 * searched by halves. Where single datagrams of a size pass and batches do not, something on the way takes a batch that
 * the kernel has not segmented yet for one large packet, as a packet filter may: then there are to be no batches any more.
 * If nothing at all is answered the path is down, not narrow, and nothing changes. After 10 min
 * `max` is tried again. While nothing is sent nothing is due.
 */
export class PathSearch {
  readonly #leastBase: number
  #base: number
  #max: number
  #size: number
  /** The largest size that passed since the last doubt, and the smallest that did not. */
  #low: number
  #high: number
  #trial: Trial | undefined
  #confirmed = false
  #batches = true
  /** When `sent` begins the next trial, and when `max` is to be tried again. */
  #confirmAt = Number.NEGATIVE_INFINITY
  #raiseAt = NEVER

  /**
   * @param base Bytes that every path is taken to carry.
   * @param max Bytes of the largest datagram there is.
   */
  constructor(base: number, max: number) {
    this.#leastBase = base
    this.#base = Math.min(base, max)
    this.#max = max
    this.#size = max
    this.#low = this.#base
    this.#high = max + 1
  }

  /** Bytes that a datagram may have now. */
  get size(): number {
    return this.#size
  }

  /** Whether several datagrams may be sent as one message that is segmented later. */
  get batches(): boolean {
    return this.#batches
  }

  get state(): PathState {
    if (!this.#confirmed) return 'assumed'
    return this.#trial === undefined || this.#trial.size === this.#size ? 'confirmed' : 'searching'
  }

  /** When `probes` wants to be called; Infinity for never. */
  get due(): number {
    return this.#trial?.due ?? NEVER
  }

  /** From when on `sent` may begin something; Infinity while a trial goes on. */
  get idleUntil(): number {
    return this.#trial === undefined ? this.#confirmAt : NEVER
  }

  /** Datagrams are being sent, of which the largest has `largest` bytes: from time to time that begins a trial. */
  sent(largest: number, now: number): void {
    if (now < this.idleUntil || this.#base === this.#max) return
    if (now >= this.#raiseAt) {
      this.#raiseAt = NEVER
      this.#high = this.#max + 1
      this.#try(this.#max, now)
      return
    }
    // However many small ones go, the next large one counts: TCP sends it again ever more seldom, between keepalives.
    if (!this.#confirmed || largest > this.#base) this.#doubt(now)
  }

  /**
   * This host can send datagrams of up to `max` bytes now. Fewer than before hold at once; more than before are tried
   * with the next datagram that is sent, or hold at once if nothing was ever answered.
   */
  limit(max: number): void {
    if (max === this.#max) return
    const wasLargest = this.#size === this.#max
    this.#trial = undefined
    this.#confirmAt = Number.NEGATIVE_INFINITY
    this.#raiseAt = max > this.#max ? Number.NEGATIVE_INFINITY : NEVER
    this.#max = max
    this.#base = Math.min(this.#leastBase, max)
    if (this.#size > max || (wasLargest && !this.#confirmed)) this.#size = max
    this.#low = Math.min(this.#low, this.#size)
    this.#high = max + 1
  }

  /** The probes to be sent now. */
  probes(now: number): readonly Probe[] {
    const trial = this.#trial
    if (trial === undefined || now < trial.due) return []
    if (trial.attempts === trial.patience) this.#unanswered(trial, now)
    const next = this.#trial
    if (next === undefined || now < next.due) return []
    next.attempts++
    next.due = now + PROBE_TIMEOUT
    const { size, batch } = next
    if (next.attempts === 1) return [{ size, batch }]
    const smaller = this.#rungs(size).map((rung) => ({ size: rung, batch: false }))
    if (!batch) return [{ size, batch }, ...smaller]
    // Batches are given up permanently, so two small ones ask whether any passes: one may be lost.
    const smallBatches = [1, 2].map(() => ({ size: this.#base, batch }))
    return [{ size, batch }, { size, batch: false }, ...smaller, ...smallBatches]
  }

  /** A probe was answered. */
  answered({ size, batch }: Probe, now: number): void {
    if (size > this.#max) return // this host could send more when it was asked
    const trial = this.#trial
    if (size >= this.#high) this.#high = this.#max + 1 // it came late, after its size was given up
    this.#low = Math.max(this.#low, size)
    this.#confirmed = true
    if (size > this.#size) this.#size = size
    if (trial === undefined) return
    if (batch) trial.batchPassed = true
    if (size < trial.size) trial.smallerPassed = true
    else if (batch || !trial.batch) this.#goOn(now)
    else trial.singlePassed = true
  }

  /** This host cannot send a datagram of this size whole. */
  refused(size: number, now: number): void {
    if (this.#trial?.size === size) this.#tooLarge(size, now)
  }

  /** Probes cannot be sent now, as there is no session: the trial is put off. */
  cannotProbe(now: number): void {
    this.#trial = undefined
    this.#confirmAt = now + PROBE_TIMEOUT
  }

  get #searching(): boolean {
    return this.#high - this.#low > PRECISION && this.#low < this.#max
  }

  /** All probes of a size stayed unanswered. */
  #unanswered(trial: Trial, now: number): void {
    const { batch, batchPassed, singlePassed, smallerPassed } = trial
    if (batch && !batchPassed && (singlePassed || smallerPassed)) this.#batches = false
    if (singlePassed) this.#goOn(now)
    else if (smallerPassed) this.#tooLarge(trial.size, now)
    else if (trial.size === this.#size)
      this.#rest(now) // nothing passes at all
    else this.#doubt(now) // not even the size in use, which was tried beside it
  }

  #tooLarge(size: number, now: number): void {
    this.#high = size
    if (this.#size < size) this.#goOn(now)
    else if (size <= this.#base)
      this.#rest(now) // there is nothing smaller to be tried
    else {
      this.#size = this.#low
      this.#doubt(now) // what passed a moment ago may not any more, or not in batches
    }
  }

  /** Tries what lies between what passes and what does not, until there is next to nothing. */
  #goOn(now: number): void {
    if (this.#searching) this.#try((this.#low + this.#high) >>> 1, now)
    else this.#rest(now)
  }

  /** Tries whether the size in use still passes. */
  #doubt(now: number): void {
    this.#low = this.#base
    this.#try(this.#size, now)
  }

  #rest(now: number): void {
    this.#trial = undefined
    this.#confirmAt = now + CONFIRM_INTERVAL
    if (this.#size < this.#max && this.#raiseAt === NEVER) this.#raiseAt = now + RAISE_INTERVAL
  }

  #try(size: number, now: number): void {
    const inUse = size === this.#size
    this.#trial = {
      size,
      batch: inUse && this.#batches,
      attempts: 0,
      patience: inUse && this.#confirmed ? MAX_PROBES_IN_USE : MAX_PROBES,
      due: now,
      smallerPassed: false,
      singlePassed: false,
      batchPassed: false,
    }
  }

  /** Sizes from what is known to pass up to below `size`, evenly spaced, the largest first. */
  #rungs(size: number): number[] {
    const rungs = new Set<number>()
    for (let rung = RUNGS - 1; rung >= 0; rung--) {
      rungs.add(this.#low + Math.floor(((size - this.#low) * rung) / RUNGS))
    }
    rungs.delete(size)
    return [...rungs]
  }
}
