import v8 from 'node:v8'
import type { Native } from '../../native/base/native.js'
import { leaveCpuAlone } from '../../native/base/stay-on-cpu.js'

/** What a rehearsal would leave in the process, if nothing was done about it. */
export class SideEffects {
  readonly #native: Native
  #goOn = () => {}

  constructor(native: Native) {
    this.#native = native
  }

  /** Only made-up packets pass from now on. */
  suppress(): void {
    this.#goOn = leaveCpuAlone(this.#native)
    // They would make the memory for young objects grow to the double, for good. V8 asks for this at each growth.
    v8.setFlagsFromString('--semi-space-growth-factor=1')
  }

  /** Real ones pass. */
  allow(): void {
    v8.setFlagsFromString('--semi-space-growth-factor=2')
    this.#goOn()
  }

  /** No more of them comes: their memory goes back to the kernel. */
  end(): void {
    this.allow()
    this.#native.arena.trim()
  }
}
