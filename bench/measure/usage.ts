import { cpuTimes, peakBytes } from '../../lab/process-usage.js'
import type { Program } from '../../lab/program.js'

/** CPU time of all ends together, in seconds. */
export interface CpuTime {
  readonly user: number
  readonly system: number
}

/** What the ends of a tunnel use; nothing if there is no tunnel. */
export class Usage {
  /** The programs of each end. */
  readonly #ends: readonly (readonly Program[])[]

  /** @param helpers programs that run beside each end, in the order of the ends. */
  constructor(ends: readonly Program[], helpers: readonly (readonly Program[])[] = []) {
    this.#ends = ends.map((end, index) => [end, ...(helpers[index] ?? [])])
  }

  /** CPU time that the ends use while something is done; undefined without ends. */
  async during<Value>(work: () => Promise<Value>): Promise<[Value, CpuTime | undefined]> {
    const before = this.#cpu()
    const value = await work()
    const after = this.#cpu()
    if (this.#ends.length === 0) return [value, undefined]
    return [value, { user: after.user - before.user, system: after.system - before.system }]
  }

  /** Bytes of the end that has needed more; undefined without ends. */
  get peak(): number | undefined {
    if (this.#ends.length === 0) return undefined
    return Math.max(...this.#ends.map((end) => end.reduce((sum, { pid }) => sum + peakBytes(pid), 0)))
  }

  #cpu(): CpuTime {
    let [user, system] = [0, 0]
    for (const { pid } of this.#ends.flat()) {
      const times = cpuTimes(pid)
      user += times.user
      system += times.system
    }
    return { user, system }
  }
}
