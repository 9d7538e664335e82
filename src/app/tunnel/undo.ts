import { asError } from '../../core/api/errors.js'
import type { Logger } from '../../core/api/logger.js'

/** Undoes one thing that a tunnel made. */
export type Undo = () => Promise<void> | void

/** What is to be undone of what was made, the last thing first. */
export class UndoList {
  readonly #undo: Undo[] = []

  /** Something was made: `undo` takes it away again. */
  push(undo: Undo): void {
    this.#undo.push(undo)
  }

  /** Undoes what was made until now. One that fails does not keep the others. */
  async run(log: Logger): Promise<void> {
    for (const undo of this.#undo.splice(0).reverse()) {
      try {
        await undo()
      } catch (thrown) {
        log.warn('cannot close a part', { why: asError(thrown).message })
      }
    }
  }
}
