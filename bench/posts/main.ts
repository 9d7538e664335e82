import { randomBytes } from 'node:crypto'
import { parseArgs } from 'node:util'
import { INNER, Lab, QANAT, REACHED } from '../../lab/lab.js'
import { cpuSeconds } from '../../lab/process-usage.js'
import type { Program } from '../../lab/program.js'
import { Iperf } from '../measure/iperf.js'
import { ping } from '../measure/ping.js'
import { median } from '../measure/statistics.js'
import { FRONT_PORT, PATHS, startFrontEnd } from './front-end.js'

/*
 * npm run bench:http -- [--rounds N] [--seconds N] [--only NAME,…] [--delay MILLISECONDS]
 *
 * What a tunnel over posts carries beside one over WebSockets, through the same nginx, by turns: on a machine that does other work
 * only the ratios mean something. With a delay, each way through a relay, only what goes up is measured. Needs root, nginx and iperf3.
 */

type Carrier = keyof typeof PATHS

/** What is demanded of each carrier, against WebSockets in the same round. */
const DEMANDS = {
  stream: { down: 0.3, up: 0.12, slower: 3 },
  poll: { down: 0.04, up: 0.04, slower: 5 },
} as const
/** Megabits a second that are to go up at a delay of 50 ms. */
const LONG_PATH = 60
const [NEAR, FAR] = INNER.ipv4
const KEY = ['-k', randomBytes(32).toString('base64')]
const PINGS = 100
/** Milliseconds that a carrier takes to find out how answers come. */
const SETTLES = 3_500
const RELAY_PORT = 8081

interface Rates {
  readonly carrier: Carrier
  readonly up: number
  readonly down: number
  readonly roundTrip: number
  /** Seconds of both ends' CPU time for a gigabyte. */
  readonly cpuUp: number
  readonly cpuDown: number
}

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '4' },
    only: { type: 'string', default: 'ws,stream,poll' },
    delay: { type: 'string', default: '0' },
    profile: { type: 'string' },
  },
})
const seconds = Number(values.seconds)
const delay = Number(values.delay)
const carriers = values.only.split(',') as Carrier[]
const lab = new Lab()
process.once('SIGINT', () => process.exit(1))
process.once('exit', () => lab.remove())
await run()
process.exit()

async function run(): Promise<void> {
  await startFrontEnd(lab.far)
  if (delay > 0) {
    const relay = new URL('delay-relay.js', import.meta.url).pathname
    const args = [lab.near.ipv4, RELAY_PORT, lab.far.ipv4, FRONT_PORT, delay].map(String)
    await lab.near.start(process.execPath, [relay, ...args]).line('listening', 'stdout')
  }
  const all: Rates[] = []
  say('carrier   up Mbit/s   down Mbit/s   round trip ms   CPU s/GB up   down')
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const carrier of carriers) {
      const rates = await measure(carrier)
      all.push(rates)
      const { cpuDown, cpuUp, down, roundTrip, up } = rates
      const cells = [
        up.toFixed(0),
        down.toFixed(0),
        roundTrip.toFixed(2),
        cpuUp.toFixed(1),
        cpuDown.toFixed(1),
      ]
      say([carrier.padEnd(8), ...cells.map((cell) => cell.padStart(10))].join('  '))
    }
  }
  if (delay > 0) judgeLongPath(all)
  else judge(all)
}

async function measure(carrier: Carrier): Promise<Rates> {
  const listen = `ws://127.0.0.1:4433/tunnel`
  const far = start(lab.far, 'far', FAR, NEAR, ...KEY, '--listen', listen)
  await far.line('listening')
  const scheme = carrier === 'ws' ? 'ws' : 'http'
  const place = delay > 0 ? `${lab.near.ipv4}:${RELAY_PORT}` : `${lab.far.ipv4}:${FRONT_PORT}`
  const near = start(
    lab.near,
    'near',
    NEAR,
    FAR,
    ...KEY,
    '--proxy',
    'none',
    '-p',
    `${scheme}://${place}${PATHS[carrier]}`,
  )
  await near.line(REACHED)
  await new Promise((resolve) => setTimeout(resolve, SETTLES))
  const ends = [near, far]
  const iperf = new Iperf(lab, FAR)
  try {
    const { p50: roundTrip } = await ping(lab.near, FAR, PINGS)
    await iperf.tcp(1)
    await iperf.stop()
    const up = await rate(ends, () => iperf.tcp(seconds))
    await iperf.stop()
    const down =
      delay > 0 ? { megabits: Number.NaN, cpu: Number.NaN } : await rate(ends, () => iperf.tcp(seconds, '-R'))
    return { carrier, up: up.megabits, down: down.megabits, roundTrip, cpuUp: up.cpu, cpuDown: down.cpu }
  } finally {
    await iperf.stop()
    for (const end of ends) end.kill('SIGTERM')
    await Promise.all(ends.map((end) => end.ending()))
  }
}

function start(host: Lab['near'], name: string, ...args: string[]): Program {
  if (values.profile === undefined) return host.qanat(...args)
  const profile = [
    '--cpu-prof',
    `--cpu-prof-dir=${values.profile}`,
    `--cpu-prof-name=${name}-${Date.now()}.cpuprofile`,
  ]
  return host.start(process.execPath, [...profile, QANAT, ...args])
}

async function rate(ends: readonly Program[], work: () => Promise<{ bytes: number; bitsPerSecond: number }>) {
  const used = () => ends.reduce((sum, { pid }) => sum + cpuSeconds(pid), 0)
  const before = used()
  const { bitsPerSecond, bytes } = await work().catch(work) // the server may still be busy with what came before
  return { megabits: bitsPerSecond / 1e6, cpu: ((used() - before) / bytes) * 1e9 }
}

function judge(all: readonly Rates[]): void {
  const middle = (carrier: Carrier, key: 'up' | 'down' | 'roundTrip') =>
    median(all.filter((one) => one.carrier === carrier).map((one) => one[key]))
  for (const carrier of ['stream', 'poll'] as const) {
    if (!carriers.includes(carrier) || !carriers.includes('ws')) continue
    const demand = DEMANDS[carrier]
    for (const way of ['down', 'up'] as const) {
      const ratio = middle(carrier, way) / middle('ws', way)
      tell(`${carrier} ${way}`, ratio.toFixed(3), `at least ${demand[way]} of ws`, ratio >= demand[way])
    }
    // The outer round trip is that of the wire between two namespaces: next to nothing.
    const slower = middle(carrier, 'roundTrip') - middle('ws', 'roundTrip')
    tell(
      `${carrier} round trip`,
      `+${slower.toFixed(2)} ms`,
      `at most ${demand.slower} ms`,
      slower <= demand.slower,
    )
  }
}

function judgeLongPath(all: readonly Rates[]): void {
  for (const carrier of carriers) {
    const up = median(all.filter((one) => one.carrier === carrier).map((one) => one.up))
    const demand = carrier === 'stream' ? `at least ${LONG_PATH}` : 'no demand'
    tell(
      `${carrier} up at ${delay} ms each way`,
      `${up.toFixed(0)} Mbit/s`,
      demand,
      carrier !== 'stream' || up >= LONG_PATH,
    )
  }
}

function tell(what: string, figure: string, demand: string, holds: boolean): void {
  say(`${what.padEnd(28)} ${figure.padStart(12)}   ${demand}${holds ? '' : '   MISSED'}`)
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
