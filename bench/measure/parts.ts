import { execFileSync } from 'node:child_process'
import type { System } from '../systems/system.js'
import type { Effort } from './effort.js'
import { Iperf } from './iperf.js'
import { underLoad } from './load.js'
import { twoCpus } from './machine.js'
import type { Figures } from './metrics.js'
import { ping, warm } from './ping.js'
import { mean, median } from './statistics.js'
import { calmly, type Readings, readingsOf, StealWatch } from './steal.js'
import { RunningTunnel } from './tunnel.js'

/** What is measured of a tunnel's own: systems take turns part by part. */
export type Part = keyof typeof PARTS

type Say = (line: string) => void
type Measure = (system: System, effort: Effort, say: Say) => Promise<Readings>

/** Seconds of a young tunnel's stream that pass before it counts as steady, and of which it takes the rest, at the least. */
const YOUNG = 2
const STEADY = 2
/** Milliseconds after which the stream of a rested tunnel begins. */
const REST = 2_000
/** Milliseconds from the start of iperf3 to the end of its stream's first second. */
const FIRST_SECOND = 1_100
const WARMING_PINGS = 20_000
/** How often `node -e 0` is started for its median. */
const BARE_STARTS = 3

/** In the order in which they are measured, each in fresh tunnels. */
const PARTS = {
  start: packets(young),
  rested: packets(rested),
  pings: packets(roundTrips),
  pinned: packets(pinnedRoundTrips),
  load: underLoad,
} satisfies Record<string, Measure>

/** The names of all parts. */
export const ALL_PARTS = Object.keys(PARTS) as Part[]

/** Measures a part of one system once. What cannot be had of a system is absent. */
export function measurePart(part: Part, system: System, effort: Effort, say: Say): Promise<Readings> {
  return PARTS[part](system, effort, say)
}

/** Measures, in calm, what only a system that carries packets has. */
function packets(measure: (system: System, effort: Effort) => Promise<Readings>): Measure {
  return async (system, effort, say) => (system.tcpOnly ? {} : calmly(() => measure(system, effort), say))
}

/** Start to first answered ping, and a stream that begins at that. */
async function young(system: System, effort: Effort): Promise<Readings> {
  let watch = new StealWatch()
  const node = system.onNode ? bareNode() : Number.NaN
  const seconds = Math.max(effort.seconds, YOUNG + STEADY)
  return withServer(
    system,
    async ({ connected }, iperf) => {
      const connecting: Figures =
        connected === undefined ? {} : { connect: connected, overNode: connected - node }
      const readings = readingsOf(connecting, watch.look())
      let first = 0
      const timer = setTimeout(() => {
        first = watch.look()
      }, FIRST_SECOND)
      const rates = await iperf.eachSecond(seconds).finally(() => clearTimeout(timer))
      Object.assign(readings, readingsOf({ first: rates[0]! / 1e6 }, first))
      return Object.assign(readings, readingsOf({ steady: mean(rates.slice(YOUNG)) / 1e6 }, watch.look()))
    },
    () => {
      watch = new StealWatch()
    },
  )
}

/** The first second of a stream that begins a while after the first answered ping. */
function rested(system: System): Promise<Readings> {
  return withServer(system, async (_tunnel, iperf) => {
    await new Promise((resolve) => setTimeout(resolve, REST))
    const watch = new StealWatch()
    const [rate] = await iperf.eachSecond(1)
    return readingsOf({ rested: rate! / 1e6 }, watch.look())
  })
}

function roundTrips(system: System, { pings }: Effort): Promise<Readings> {
  return RunningTunnel.with(system, async ({ lab, address }) => {
    const watch = new StealWatch()
    const fresh = await ping(lab.near, address, pings)
    const readings = readingsOf({ idle50: fresh.p50, idle99: fresh.p99 }, watch.look())
    await warm(lab.near, address, WARMING_PINGS)
    watch.look()
    const { p50 } = await ping(lab.near, address, pings)
    return Object.assign(readings, readingsOf({ warm50: p50 }, watch.look()))
  })
}

/** If one thread wakes another, the kernel moves it or does not, by chance: with a CPU for each host there is no choice. */
async function pinnedRoundTrips(system: System, { pings }: Effort): Promise<Readings> {
  const cpus = twoCpus()
  if (cpus === undefined) return {}
  const measure = async ({ lab, address }: RunningTunnel) => {
    const watch = new StealWatch()
    const { p50, p99 } = await ping(lab.near, address, pings)
    return readingsOf({ pinned50: p50, pinned99: p99 }, watch.look())
  }
  return RunningTunnel.with(system, measure, { cpus })
}

/** Runs a tunnel beside whose far end iperf3 listens before the near one starts, so that a stream waits for nothing. */
async function withServer(
  system: System,
  work: (tunnel: RunningTunnel, iperf: Iperf) => Promise<Readings>,
  beforeStart?: () => void,
): Promise<Readings> {
  let iperf: Iperf | undefined
  return RunningTunnel.with(system, (tunnel) => work(tunnel, iperf!), {
    async listening({ lab, address }) {
      iperf = new Iperf(lab, address)
      await iperf.serve()
      beforeStart?.()
    },
  })
}

/** Milliseconds that `node -e 0` takes. */
function bareNode(): number {
  const taken = Array.from({ length: BARE_STARTS }, () => {
    const begun = performance.now()
    execFileSync(process.execPath, ['-e', '0'])
    return performance.now() - begun
  })
  return median(taken)
}
