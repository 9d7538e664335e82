import v8 from 'node:v8'
import type { Native } from '../../native/base/native.js'
import { leaveCpuAlone } from '../../native/base/stay-on-cpu.js'

/** By how much V8 lets the memory for young objects grow at a time, unless the process was started otherwise. */
const GROWTH_OF_V8 = '2'

/** How many rehearsals of this process suppress the growth of that memory. */
let holders = 0

/** What a rehearsal would leave in the process, if nothing was done about it. Others of the process may run meanwhile. */
export class SideEffects {
  readonly #native: Native
  #goOn: (() => void) | undefined

  constructor(native: Native) {
    this.#native = native
  }

  /** Only made-up packets pass from now on. */
  suppress(): void {
    if (this.#goOn !== undefined) return
    this.#goOn = leaveCpuAlone(this.#native)
    // They would make the memory for young objects grow to the double, for good. V8 asks for this at each growth.
    if (holders++ === 0) setGrowth('1')
  }

  /** Real ones pass. */
  allow(): void {
    if (this.#goOn === undefined) return
    if (--holders === 0) setGrowth(growthAtStart())
    this.#goOn()
    this.#goOn = undefined
  }

  /** No more of them comes: their memory goes back to the kernel. */
  end(): void {
    this.allow()
    this.#native.arena.trim()
  }
}

function setGrowth(factor: string): void {
  v8.setFlagsFromString(`--semi-space-growth-factor=${factor}`)
}

/** What the process was started with: V8 tells no flag's value. */
function growthAtStart(): string {
  const given = process.execArgv.flatMap(
    (flag) => /^--semi[-_]space[-_]growth[-_]factor=(\d+)$/.exec(flag)?.[1] ?? [],
  )
  return given.at(-1) ?? GROWTH_OF_V8
}
