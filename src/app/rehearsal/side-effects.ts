import type { Native } from '../../native/base/native.js'
import { leaveCpuAlone } from '../../native/base/stay-on-cpu.js'
import { trimHeap } from '../../native/process/trim-memory.js'
import { holdYoungGeneration } from './young-generation.js'

/** Keeps a rehearsal from leaving its mark on the process. Several may run at once. */
export class SideEffects {
  readonly #native: Native
  #goOn: (() => void) | undefined

  constructor(native: Native) {
    this.#native = native
  }

  /** Call when only made-up packets pass from now on. */
  suppress(): void {
    if (this.#goOn !== undefined) return
    const goOn = leaveCpuAlone(this.#native)
    const letGrow = holdYoungGeneration() // their objects would double it, for good
    this.#goOn = () => {
      letGrow()
      goOn()
    }
  }

  /** Call when real packets pass. */
  allow(): void {
    this.#goOn?.()
    this.#goOn = undefined
  }

  /** Call once the rehearsal is over. Gives its memory back to the kernel. */
  end(): void {
    this.allow()
    this.#native.arena.trim()
    trimHeap()
  }
}
