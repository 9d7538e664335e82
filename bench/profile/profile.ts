import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '../../lab/temporary-folder.js'
import { formatTable } from '../../src/cli/output/table.js'
import { asError } from '../../src/core/api/errors.js'
import { Iperf } from '../measure/iperf.js'
import { RunningTunnel } from '../measure/tunnel.js'
import { Usage } from '../measure/usage.js'
import { NODE_OPTIONS_VARIABLE } from '../systems/qanat.js'
import type { System } from '../systems/system.js'
import { type CpuProfile, type Hot, hottest } from './cpu-profile.js'

/** Functions that are told of each end. */
const TOP = 14

/** Where the CPU time of one end goes, while one TCP stream runs from the near end to the far one. */
export interface EndProfile {
  readonly name: string
  readonly role: 'sender' | 'receiver'
  /** Seconds of CPU time per gigabyte, in the program and for it in the kernel. */
  readonly user: number
  readonly system: number
  readonly hot: readonly Hot[]
}

/** Profiles tunnels of Qanat's by `node --cpu-prof`, one after the other. */
export async function profile(
  systems: readonly System[],
  seconds: number,
  say: (line: string) => void,
): Promise<EndProfile[]> {
  const profiles: EndProfile[] = []
  for (const system of systems) {
    say(`${system.name}: ${seconds} s of one TCP stream`)
    try {
      profiles.push(...(await profileOne(system, seconds)))
    } catch (thrown) {
      say(`  failed: ${asError(thrown).message}`)
    }
  }
  return profiles
}

/** Lines for a terminal. */
export function profileLines(profiles: readonly EndProfile[]): string[] {
  return profiles.flatMap(({ name, role, user, system, hot }) => [
    `${name}, ${role}: ${user.toFixed(2)} s/GB in the program, ${system.toFixed(2)} s/GB in the kernel`,
    ...formatTable(
      [{ title: 'of busy time', numeric: true }, { title: 'function' }, { title: 'file' }],
      hot.map((one) => [`${(100 * one.part).toFixed(1)} %`, one.name, one.file]),
    ),
    '',
  ])
}

async function profileOne(system: System, seconds: number): Promise<EndProfile[]> {
  const folder = temporaryFolder()
  process.env[NODE_OPTIONS_VARIABLE] = `--cpu-prof --cpu-prof-dir=${folder}`
  try {
    return await RunningTunnel.with(system, async (tunnel) => {
      const [near, far] = tunnel.ends
      if (near === undefined || far === undefined)
        throw new Error(`Cannot profile ${system.name}: it has no ends`)
      const iperf = new Iperf(tunnel.lab, tunnel.address)
      const [[{ bytes }, sending], receiving] = await new Usage([far]).during(() =>
        new Usage([near]).during(() => iperf.tcp(seconds)),
      )
      await tunnel.stop() // they write their profiles when they end
      const ends = [
        { role: 'sender', cpu: sending!, pid: near.pid },
        { role: 'receiver', cpu: receiving!, pid: far.pid },
      ] as const
      return ends.map(({ role, cpu, pid }) => ({
        name: system.name,
        role,
        user: cpu.user / (bytes / 1e9),
        system: cpu.system / (bytes / 1e9),
        hot: hottest(read(folder, pid), TOP),
      }))
    })
  } finally {
    delete process.env[NODE_OPTIONS_VARIABLE]
  }
}

/** The profile of a process, which node names by its id. */
function read(folder: string, pid: number): CpuProfile {
  const file = readdirSync(folder).find((name) => name.split('.').includes(String(pid)))
  if (file === undefined) throw new Error(`Cannot find the CPU profile of process ${pid}: node wrote none`)
  return JSON.parse(readFileSync(join(folder, file), 'utf8'))
}
