import type { Clock, Timer } from '../../../src/core/time/clock.js'

/** Milliseconds since 1970 when simulated time begins. */
const EPOCH = 1_700_000_000_000

interface Event {
  readonly at: number
  readonly number: number
  readonly run: () => void
}

/** Time that passes when it is told to, and what happens in it, in an order that never changes. */
export class Simulation implements Clock {
  readonly #queue: Event[] = []
  #now = 0
  #numbered = 0

  now(): number {
    return this.#now
  }

  wall(): number {
    return EPOCH + this.#now
  }

  schedule(delay: number, callback: () => void): Timer {
    let run: (() => void) | undefined = callback
    this.#insert({ at: this.#now + Math.max(0, delay), number: this.#numbered++, run: () => run?.() })
    return {
      cancel: () => {
        run = undefined
      },
    }
  }

  /** Lets `duration` milliseconds pass. */
  advance(duration: number): void {
    const end = this.#now + duration
    while (this.#queue.length > 0 && this.#queue.at(-1)!.at <= end) {
      const event = this.#queue.pop()!
      this.#now = event.at
      event.run()
    }
    this.#now = end
  }

  /** The queue is sorted, the next event last. */
  #insert(event: Event): void {
    let [low, high] = [0, this.#queue.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      const other = this.#queue[middle]!
      if (other.at > event.at || (other.at === event.at && other.number > event.number)) low = middle + 1
      else high = middle
    }
    this.#queue.splice(low, 0, event)
  }
}

/** Numbers from 0 to 1 that look random and are the same in each run. (mulberry32) */
export function pseudoRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
