import { randomBytes } from 'node:crypto'
import { INNER, type Lab, type LabHost, QANAT, REACHED } from '../../lab/lab.js'
import { cpuSecondsOfFamily } from '../../lab/process-usage.js'
import type { Program } from '../../lab/program.js'
import { type FrontEnd, startFrontEnd } from '../../lab/servers/front-ends.js'
import { Iperf } from '../measure/iperf.js'
import { ping } from '../measure/ping.js'
import { type Carrier, MANNERS } from './carriers.js'

const [NEAR, FAR] = INNER.ipv4
const KEY = ['-k', randomBytes(32).toString('base64')]
const PINGS = 100
/** Milliseconds that a carrier takes to find out how answers come. */
const SETTLES = 3_500
/** Where the server behind the front end listens, and the relay before it. */
const PORT = 4433
const RELAY_PORT = 8081

/** What a tunnel carried one way. */
export interface Rate {
  readonly megabits: number
  /** Seconds of CPU time for a gigabyte: of both ends, and of the front end. */
  readonly cpu: number
  readonly frontCpu: number
}

/** What a tunnel carried. */
export interface CarriedRates {
  readonly front: FrontEnd
  readonly carrier: Carrier
  readonly up: Rate
  /** Undefined with a delay: the relay would be what is measured. */
  readonly down: Rate | undefined
  /** Milliseconds. */
  readonly roundTrip: number
}

/** How tunnels are measured. */
export interface Measuring {
  readonly lab: Lab
  /** Of each way. */
  readonly seconds: number
  /** Milliseconds each way. */
  readonly delay: number
  /** Where both ends leave profiles, if anywhere. */
  readonly profile: string | undefined
}

/** Measures a tunnel through a front end between the two hosts of a lab. */
export async function carriedRates(
  front: FrontEnd,
  carrier: Carrier,
  measuring: Measuring,
): Promise<CarriedRates> {
  const { delay, lab, seconds } = measuring
  const server = await startFrontEnd(front, PORT, lab.far, MANNERS[carrier])
  const relay = delay > 0 ? await startRelay(lab, server.port, delay) : undefined
  const place = relay ? `${lab.near.ipv4}:${RELAY_PORT}` : `${lab.far.ipv4}:${server.port}`
  const listen = ['--listen', `ws://127.0.0.1:${PORT}/tunnel`]
  const far = start(lab.far, 'far', measuring, FAR, NEAR, ...KEY, ...listen)
  await far.line('listening')
  const endpoint = `${carrier === 'ws' ? 'ws' : 'http'}://${place}/tunnel`
  const near = start(lab.near, 'near', measuring, NEAR, FAR, ...KEY, '--proxy', 'none', '-p', endpoint)
  const iperf = new Iperf(lab, FAR)
  const rate = async (...options: string[]): Promise<Rate> => {
    const used = () =>
      [[near.pid, far.pid], [server.pid]].map((pids) =>
        pids.reduce((sum, pid) => sum + cpuSecondsOfFamily(pid), 0),
      )
    const before = used()
    const work = () => iperf.tcp(seconds, ...options)
    const { bitsPerSecond, bytes } = await work().catch(work) // the server may still be busy with what came before
    const [cpu, frontCpu] = used().map((now, index) => ((now - before[index]!) / bytes) * 1e9)
    return { megabits: bitsPerSecond / 1e6, cpu: cpu!, frontCpu: frontCpu! }
  }
  try {
    await near.line(REACHED)
    await new Promise((resolve) => setTimeout(resolve, SETTLES))
    const { p50: roundTrip } = await ping(lab.near, FAR, PINGS)
    await iperf.tcp(1)
    await iperf.stop()
    const up = await rate()
    await iperf.stop()
    const down = delay > 0 ? undefined : await rate('-R')
    return { front, carrier, up, down, roundTrip }
  } finally {
    await iperf.stop()
    const running = [near, far, ...(relay ? [relay] : [])]
    for (const program of running) program.kill('SIGTERM')
    await Promise.all(running.map((program) => program.ending()))
    await server.stop()
  }
}

async function startRelay(lab: Lab, port: number, delay: number): Promise<Program> {
  const relay = new URL('delay-relay.js', import.meta.url).pathname
  const args = [lab.near.ipv4, RELAY_PORT, lab.far.ipv4, port, delay].map(String)
  const started = lab.near.start(process.execPath, [relay, ...args])
  await started.line('listening', 'stdout')
  return started
}

function start(host: LabHost, name: string, { profile }: Measuring, ...args: string[]): Program {
  if (profile === undefined) return host.qanat(...args)
  const written = [
    '--cpu-prof',
    `--cpu-prof-dir=${profile}`,
    `--cpu-prof-name=${name}-${Date.now()}.cpuprofile`,
  ]
  return host.start(process.execPath, [...written, QANAT, ...args])
}
