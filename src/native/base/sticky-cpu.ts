import type { CpuAffinity } from './cpu-affinity.js'

/** Wake-ups between two looks at how things are, at the least. */
const WAKES = 64
/** Milliseconds between two looks at the least: while it stays, so that it is soon free, and while it is free. */
const [STAYS, IS_FREE] = [20, 250]
/** Milliseconds from one wake-up to the next. If they are more, other programs leave nothing in the caches. */
const SELDOM = 60
/** Shares of one CPU's time that this process uses: below the first it stays, above the second it has to be free. */
const [QUIET, BUSY] = [0.15, 0.3]
/** Milliseconds, on average, that a wake-up may have to wait for the CPU. */
const MAX_WAIT = 0.2
/** Milliseconds for which it is free after it had to wait where it stayed. */
const REST = 10_000

/** What a process used and had to wait for so far, in milliseconds. */
export interface Usage {
  readonly cpu: number
  /** How long the thread was ready to run and had no CPU. */
  readonly waited: number
}

/** Where it is learned how the process does. */
export interface StickyCpuParts {
  readonly affinity: Pick<CpuAffinity, 'allow' | 'allowed' | 'current'>
  /** Undefined if the kernel does not tell. */
  readonly usage: () => Usage | undefined
  readonly now: () => number
}

/**
 * Keeps the thread that carries packets on its CPU while there are few of them. The kernel moves a thread that another
 * one wakes to that one's CPU, where the caches hold nothing of it: half of the wake-ups of a ping every 10 ms did so, and
 * took half of its round trip. A thread that is busy, or has to wait for its CPU, is free to go where the kernel likes.
 */
export class StickyCpu {
  readonly #parts: StickyCpuParts
  #wakes = 0
  #at: number
  #before: Usage | undefined
  /** The CPU that the thread stays on, and those that it may run on when it is free; undefined while it is. */
  #stays: { readonly cpu: Uint8Array; readonly free: Uint8Array } | undefined
  #restsUntil = 0
  /** Calls of `pause` that no `goOn` followed yet. */
  #pauses = 0

  constructor(parts: StickyCpuParts) {
    this.#parts = parts
    this.#at = parts.now()
    this.#before = parts.usage()
  }

  /** The thread was woken up. */
  readonly woke = (): void => {
    if (++this.#wakes % WAKES === 0) this.#consider()
  }

  /** Apart: inlined, what runs here for the first time later would throw the optimized code of a wake-up away. */
  #consider(): void {
    if (this.#pauses > 0) return
    const now = this.#parts.now()
    if (now - this.#at >= (this.#stays === undefined ? IS_FREE : STAYS)) this.#look(now)
  }

  /** Changes nothing until as many calls of `goOn` follow: what wakes the thread meanwhile is no sign of packets. */
  pause(): void {
    this.#pauses++
  }

  goOn(): void {
    if (--this.#pauses > 0) return
    this.#wakes = 0
    this.#at = this.#parts.now()
    this.#before = this.#parts.usage()
  }

  /** Lets the thread go where the kernel likes, as for a process that is about to inherit this. */
  readonly release = (): void => {
    if (this.#stays === undefined) return
    const { affinity } = this.#parts
    const { cpu, free } = this.#stays
    // Somebody else may have said since then where it shall run.
    if (isSame(affinity.allowed(), cpu)) affinity.allow(free)
    this.#stays = undefined
  }

  #look(now: number): void {
    const wakes = this.#wakes
    const passed = now - this.#at
    const before = this.#before
    const after = this.#parts.usage()
    this.#wakes = 0
    this.#at = now
    this.#before = after
    if (before === undefined || after === undefined) return
    const used = (after.cpu - before.cpu) / passed
    const waits = (after.waited - before.waited) / wakes > MAX_WAIT
    const isSeldom = passed / wakes > SELDOM
    if (waits && this.#stays !== undefined) this.#restsUntil = now + REST
    if (used > BUSY || waits || isSeldom) this.release()
    else if (used < QUIET && now >= this.#restsUntil) this.#settle()
  }

  #settle(): void {
    if (this.#stays !== undefined) return
    const { affinity } = this.#parts
    const free = affinity.allowed()
    const cpu = affinity.current()
    if (free === undefined || cpu === undefined || isSame(free, cpu)) return
    if (affinity.allow(cpu)) this.#stays = { cpu, free }
  }
}

function isSame(one: Uint8Array | undefined, other: Uint8Array): boolean {
  return one !== undefined && Buffer.compare(one, other) === 0
}
