import { ReplayWindow, WINDOW } from '../../../src/ciphers/noise/session/replay-window.js'

/** What a replay window should do, kept in a set. */
export class ReplayModel {
  readonly #seen = new Set<number>()
  #greatest = -1

  get greatest(): number {
    return this.#greatest
  }

  isFresh(counter: number): boolean {
    return counter > this.#greatest - WINDOW && !this.#seen.has(counter)
  }

  mark(counter: number): void {
    this.#seen.add(counter)
    this.#greatest = Math.max(this.#greatest, counter)
    if (this.#seen.size > 4 * WINDOW) this.#forget()
  }

  #forget(): void {
    for (const counter of this.#seen) if (counter <= this.#greatest - WINDOW) this.#seen.delete(counter)
  }
}

/**
 * Walks from the greatest counter by the given moves and marks whatever is fresh.
 *
 * @throws Error where the window and the model disagree.
 */
export function checkAgainstModel(roams: Iterable<number>): void {
  const window = new ReplayWindow()
  const model = new ReplayModel()
  for (const move of roams) {
    const counter = Math.max(0, model.greatest + move)
    const fresh = window.isFresh(counter)
    if (fresh !== model.isFresh(counter)) throw new Error(`the window is wrong about ${counter}`)
    if (!fresh) continue
    window.mark(counter)
    model.mark(counter)
    if (window.greatest !== model.greatest) throw new Error(`the greatest counter is wrong at ${counter}`)
  }
}
