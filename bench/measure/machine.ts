import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { arch, cpus, release, totalmem } from 'node:os'
import { WIREGUARD_GO } from '../../lab/wireguard-go.js'

/** On what something was measured, and when. */
export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryGb: number
  readonly arch: string
  readonly kernel: string
  readonly node: string
  readonly openssl: string
  readonly iperf3: string
  readonly wireGuardGo: string
  /** Of Qanat; undefined outside of a checkout. */
  readonly commit: string | undefined
  readonly date: string
}

/** This machine, now. */
export function thisMachine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    arch: arch(),
    kernel: release(),
    node: process.version,
    openssl: process.versions.openssl,
    iperf3: firstLine('iperf3', '--version'),
    wireGuardGo: firstLine(WIREGUARD_GO, '--version'),
    commit: commit(),
    date: new Date().toISOString(),
  }
}

function firstLine(program: string, ...args: string[]): string {
  return spawnSync(program, args, { encoding: 'utf8' }).stdout?.split('\n')[0] || 'missing'
}

function commit(): string | undefined {
  try {
    const options = { cwd: import.meta.dirname, encoding: 'utf8', stdio: 'pipe' } as const
    return execFileSync('git', ['describe', '--always', '--dirty'], options).trim()
  } catch {
    return undefined
  }
}

/** Two CPUs that this process may run on, one for each host; undefined if it has but one. */
export function twoCpus(status = readFileSync('/proc/self/status', 'latin1')): [number, number] | undefined {
  const ranges = /^Cpus_allowed_list:\s*(\S+)/m.exec(status)?.[1]?.split(',') ?? []
  const allowed = ranges.flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number)
    return Array.from({ length: last - first + 1 }, (_, index) => first + index)
  })
  const [near, far] = allowed
  return near === undefined || far === undefined ? undefined : [near, far]
}
