import type { Random } from '../handshake/cookies.js'
import { readIndex } from '../wire/messages.js'

/** What this end's indices stand for. They are picked at random, so that they tell nothing. */
export class IndexTable<T> {
  readonly #random: Random
  /** By the index as a signed number: V8 hashes those itself, and calls C++ for larger ones. */
  readonly #entries = new Map<number, T>()

  constructor(random: Random) {
    this.#random = random
  }

  get(index: number): T | undefined {
    return this.#entries.get(index | 0)
  }

  set(index: number, entry: T): void {
    this.#entries.set(index | 0, entry)
  }

  delete(index: number): void {
    this.#entries.delete(index | 0)
  }

  /** An index that is not in use. */
  unused(): number {
    let index: number
    do index = readIndex(this.#random(4), 0)
    while (this.#entries.has(index | 0))
    return index
  }
}
