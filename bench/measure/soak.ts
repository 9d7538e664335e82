import { loadavg } from 'node:os'
import { residentBytes } from '../../lab/process-usage.js'
import { formatTable } from '../../src/cli/output/table.js'
import { asError } from '../../src/core/api/errors.js'
import type { System } from '../systems/system.js'
import { Iperf } from './iperf.js'
import { slope } from './statistics.js'
import { RunningTunnel } from './tunnel.js'
import { Usage } from './usage.js'

/** Milliseconds between looks at the memory. */
const INTERVAL = 5_000
/** The part of the soak in which buffers and compiled code still come to be; the trend begins after it. */
const WARM_UP = 0.1
/** Milliseconds in which an idle tunnel is watched, after as many in which it comes to rest. */
const IDLE = 30_000
const REST = 5_000

/** How a tunnel bore a long load. */
export interface SoakResult {
  readonly name: string
  readonly seconds: number
  /** Mbit/s, both directions together. */
  readonly throughput: number
  /** Of the near and the far end. */
  readonly ends: readonly EndSoak[]
  /** Seconds of CPU time of both ends in 30 s of idleness. */
  readonly idleCpu: number
}

/** The memory of one end. */
export interface EndSoak {
  /** Megabytes, every 5 s. */
  readonly resident: readonly number[]
  /** KB per minute: a straight line by least squares, without the first tenth. */
  readonly trend: number
}

/** Loads tunnels in both directions, one after the other, and watches their memory; then lets them idle. */
export async function soak(
  systems: readonly System[],
  seconds: number,
  say: (line: string) => void,
): Promise<SoakResult[]> {
  const results: SoakResult[] = []
  for (const system of systems) {
    say(`${system.name}: ${seconds} s of load, load average ${loadavg()[0]!.toFixed(1)}`)
    try {
      results.push(await soakOne(system, seconds))
    } catch (thrown) {
      say(`  failed: ${asError(thrown).message}`)
    }
  }
  return results
}

/** Lines for a terminal. */
export function soakLines(results: readonly SoakResult[]): string[] {
  const numbers = ['Mbit/s', 'MB first', 'MB last', 'MB most', 'KB/min', 'idle CPU s in 30 s']
  const columns = [{ title: 'end' }, ...numbers.map((title) => ({ title, numeric: true }))]
  const rows = results.flatMap(({ name, throughput, ends, idleCpu }) =>
    ends.map(({ resident, trend }, index) => {
      const memory = [resident[0]!, resident.at(-1)!, Math.max(...resident)].map((mb) => mb.toFixed(1))
      const end = `${name} ${index === 0 ? 'near' : 'far'}`
      return [end, throughput.toFixed(0), ...memory, trend.toFixed(0), idleCpu.toFixed(2)]
    }),
  )
  return formatTable(columns, rows)
}

function soakOne(system: System, seconds: number): Promise<SoakResult> {
  return RunningTunnel.with(system, async (tunnel) => {
    const { ends } = tunnel
    if (ends.length === 0) throw new Error(`Cannot soak ${system.name}: it has no ends`)
    const begun = performance.now()
    const points: [number, number][][] = ends.map(() => [])
    const look = () => {
      const minutes = (performance.now() - begun) / 60_000
      for (const [index, { pid }] of ends.entries()) points[index]!.push([minutes, residentBytes(pid)])
    }
    const timer = setInterval(look, INTERVAL)
    const { bitsPerSecond } = await new Iperf(tunnel.lab, tunnel.address)
      .tcp(seconds, '--bidir')
      .finally(() => clearInterval(timer))
    look()
    await pass(REST)
    const [, cpu] = await new Usage(ends).during(() => pass(IDLE))
    return {
      name: system.name,
      seconds,
      throughput: bitsPerSecond / 1e6,
      ends: points.map(endSoak),
      idleCpu: cpu!.user + cpu!.system,
    }
  })
}

function endSoak(points: readonly [number, number][]): EndSoak {
  const steady = points.slice(Math.floor(points.length * WARM_UP))
  return { resident: points.map(([, bytes]) => bytes / 1e6), trend: slope(steady) / 1e3 }
}

function pass(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}
