import v8 from 'node:v8'
import type { Native } from '../../native/base/native.js'
import { leaveCpuAlone } from '../../native/base/stay-on-cpu.js'

/** Factor by which V8 lets the young generation grow at a time, unless a flag of the process says otherwise. */
const GROWTH_OF_V8 = '2'

/** How many rehearsals of this process suppress that growth. */
let holders = 0

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
    this.#goOn = leaveCpuAlone(this.#native)
    // Their objects would double the young generation, for good. V8 reads the flag at each growth.
    if (holders++ === 0) setGrowth('1')
  }

  /** Call when real packets pass. */
  allow(): void {
    if (this.#goOn === undefined) return
    if (--holders === 0) setGrowth(growthAtStart())
    this.#goOn()
    this.#goOn = undefined
  }

  /** Call once the rehearsal is over. Gives its memory back to the kernel. */
  end(): void {
    this.allow()
    this.#native.arena.trim()
  }
}

function setGrowth(factor: string): void {
  v8.setFlagsFromString(`--semi-space-growth-factor=${factor}`)
}

/** The factor that the process was started with: V8 does not tell the value of a flag. */
function growthAtStart(): string {
  const given = process.execArgv.flatMap(
    (flag) => /^--semi[-_]space[-_]growth[-_]factor=(\d+)$/.exec(flag)?.[1] ?? [],
  )
  return given.at(-1) ?? GROWTH_OF_V8
}
