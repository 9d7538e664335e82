import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '../../lab/temporary-folder.js'
import { formatTable } from '../../src/cli/output/table.js'
import { ping } from '../measure/ping.js'
import { RunningTunnel } from '../measure/tunnel.js'
import { NODE_OPTIONS_VARIABLE } from '../systems/qanat.js'
import type { System } from '../systems/system.js'

/** Pings of a short and of a long run: what differs between them is of the packets, and of nothing else. */
const [FEW, MANY] = [200, 1200]
/** Calls per ping from which on a function counts as one that each runs. Timers come less often. */
const EACH = 0.5

/** What the listening end runs for a ping through it: one packet in, and one packet out. */
export interface PathLength {
  readonly name: string
  /** Source files, functions in them, and calls of those. */
  readonly files: number
  readonly functions: number
  readonly calls: number
  /** Calls per ping, by file and function. */
  readonly byFunction: Readonly<Record<string, number>>
}

/** What is used of the files that node writes for NODE_V8_COVERAGE. */
interface Coverage {
  readonly result: readonly {
    readonly url: string
    readonly functions: readonly {
      readonly functionName: string
      readonly ranges: readonly { readonly startOffset: number; readonly count: number }[]
    }[]
  }[]
}

/** Counts the calls that lone packets make in tunnels of Qanat's, one after the other. */
export async function countCalls(
  systems: readonly System[],
  say: (line: string) => void,
): Promise<PathLength[]> {
  const lengths: PathLength[] = []
  for (const system of systems) {
    say(`${system.name}: ${FEW} and ${MANY} pings`)
    const few = await callsOf(system, FEW)
    const many = await callsOf(system, MANY)
    lengths.push(pathLength(system.name, few, many))
  }
  return lengths
}

/** Lines for a terminal. */
export function callsLines(lengths: readonly PathLength[]): string[] {
  const table = formatTable(
    [
      { title: 'system' },
      { title: 'files', numeric: true },
      { title: 'functions', numeric: true },
      { title: 'calls', numeric: true },
    ],
    lengths.map(({ name, files, functions, calls }) => [name, `${files}`, `${functions}`, `${calls}`]),
  )
  const details = lengths.flatMap(({ name, byFunction }) => [
    '',
    `${name}:`,
    ...Object.entries(byFunction).map(([called, calls]) => `${calls.toFixed(1).padStart(6)}  ${called}`),
  ])
  return [...table, ...details]
}

function pathLength(name: string, few: ReadonlyMap<string, number>, many: ReadonlyMap<string, number>) {
  const byFunction: Record<string, number> = {}
  for (const [called, count] of many) {
    const perPing = (count - (few.get(called) ?? 0)) / (MANY - FEW)
    if (perPing >= EACH) byFunction[called] = perPing
  }
  const names = Object.keys(byFunction)
  return {
    name,
    files: new Set(names.map((called) => called.split(' ')[0])).size,
    functions: names.length,
    calls: Math.round(Object.values(byFunction).reduce((sum, calls) => sum + calls, 0)),
    byFunction,
  }
}

/** How often the listening end called each function of its own, from its start to its end. */
async function callsOf(system: System, pings: number): Promise<Map<string, number>> {
  const folder = temporaryFolder()
  process.env.NODE_V8_COVERAGE = folder
  process.env.QANAT_NO_REHEARSAL = '1' // made-up packets are none of the pings
  process.env[NODE_OPTIONS_VARIABLE] = '--no-opt' // optimized code counts no calls
  try {
    return await RunningTunnel.with(system, async (tunnel) => {
      const [, far] = tunnel.ends
      if (far === undefined) throw new Error(`Cannot count the calls of ${system.name}: it has no ends`)
      await ping(tunnel.lab.near, tunnel.address, pings)
      await tunnel.stop() // it writes its coverage when it ends
      return read(folder, far.pid)
    })
  } finally {
    for (const name of ['NODE_V8_COVERAGE', 'QANAT_NO_REHEARSAL', NODE_OPTIONS_VARIABLE])
      delete process.env[name]
  }
}

function read(folder: string, pid: number): Map<string, number> {
  const file = readdirSync(folder).find((name) => name.startsWith(`coverage-${pid}-`))
  if (file === undefined) throw new Error(`Cannot find the coverage of process ${pid}: node wrote none`)
  const { result } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Coverage
  const counts = new Map<string, number>()
  for (const { url, functions } of result) {
    const source = /\/dist\/(src\/.*)\.js$/.exec(url)?.[1]
    if (source === undefined) continue
    for (const { functionName, ranges } of functions) {
      const [{ startOffset, count }] = ranges as [{ startOffset: number; count: number }]
      counts.set(`${source}.ts ${functionName || 'anonymous'} at ${startOffset}`, count)
    }
  }
  return counts
}
