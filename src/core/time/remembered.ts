import type { Clock } from './clock.js'

/** How long something is remembered, and how much. */
export interface Memory {
  /** Milliseconds; Infinity for as long as there is room. */
  readonly kept: number
  /** Keys at a time: beyond them the one that was noted first is forgotten. */
  readonly most: number
}

/** What was learned of endpoints, hosts or the like, by their names, until it is too old to count. */
export class Remembered<Value> {
  readonly #clock: Clock
  readonly #memory: Memory
  /** The one noted last at the end. */
  readonly #known = new Map<string, { readonly value: Value; readonly at: number }>()

  constructor(clock: Clock, memory: Memory) {
    this.#clock = clock
    this.#memory = memory
  }

  /** What was noted last, unless that was too long ago. */
  get(key: string): Value | undefined {
    const known = this.#known.get(key)
    return known !== undefined && this.#clock.now() - known.at < this.#memory.kept ? known.value : undefined
  }

  note(key: string, value: Value): void {
    this.#known.delete(key)
    this.#known.set(key, { value, at: this.#clock.now() })
    if (this.#known.size <= this.#memory.most) return
    const [oldest] = this.#known.keys()
    this.#known.delete(oldest!)
  }

  /** Whether there was anything to forget, however old. */
  forget(key: string): boolean {
    return this.#known.delete(key)
  }

  /** Forgets all. */
  clear(): void {
    this.#known.clear()
  }
}
