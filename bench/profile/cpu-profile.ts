/** What node --cpu-prof writes, as far as it is read here. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number
    readonly callFrame: { readonly functionName: string; readonly url: string }
  }[]
  readonly samples: readonly number[]
  /** Microseconds before each sample. */
  readonly timeDeltas: readonly number[]
}

/** A function and its own part of the busy time, without what it called. */
export interface Hot {
  readonly name: string
  /** The file below the project, or node's module; empty for what is none of JavaScript's. */
  readonly file: string
  /** 0 to 1. */
  readonly part: number
}

/** The event loop waiting in the kernel, as the profiler calls it. */
const IDLE = '(idle)'

/** The functions with the largest parts of the time in which the process was busy, the largest first. */
export function hottest({ nodes, samples, timeDeltas }: CpuProfile, count: number): Hot[] {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]))
  const times = new Map<string, { name: string; file: string; time: number }>()
  let busy = 0
  for (const [index, id] of samples.entries()) {
    const { functionName, url } = frames.get(id)!
    if (functionName === IDLE) continue
    const name = functionName || '(anonymous)'
    const file = shortened(url)
    const known = times.get(`${name} ${file}`) ?? { name, file, time: 0 }
    times.set(`${name} ${file}`, known)
    known.time += timeDeltas[index] ?? 0
    busy += timeDeltas[index] ?? 0
  }
  return [...times.values()]
    .sort((a, b) => b.time - a.time)
    .slice(0, count)
    .map(({ name, file, time }) => ({ name, file, part: time / busy }))
}

/** Without where the project or its packages lie on this machine. */
function shortened(url: string): string {
  return url.replace(/^.*\/(?=node_modules\/)/, '').replace(/^.*\/dist\/(?=src\/)/, '')
}
