import { readFileSync } from 'node:fs'
import { randomFrom } from '../../../src/conformance/kit/packets.js'

/** System calls that change something, or start what does. */
const CALLS = [
  ...['write', 'pwrite64', 'writev', 'ftruncate', 'truncate', 'fsync', 'fdatasync'],
  ...['link', 'linkat', 'unlink', 'unlinkat', 'rename', 'renameat', 'renameat2', 'mkdir', 'mkdirat'],
  ...['chmod', 'fchmod', 'fchmodat', 'chown', 'fchown', 'fchownat', 'ioctl', 'bind'],
  ...['sendto', 'sendmsg', 'sendmmsg', 'execve'],
]

/** A moment at which a process is killed: before its `count`th call of that name. */
export interface KillPoint {
  readonly call: string
  readonly count: number
}

/** The words before a program that note its system calls in a file. */
export function notingCalls(file: string): string[] {
  return [...TRACING, '-o', file, '-e', `trace=${CALLS.join(',')}`]
}

/** The words before a program that kill it, or whatever it started, at a point. */
export function killingAt({ call, count }: KillPoint): string[] {
  return [...TRACING, '-o', '/dev/null', '-e', `inject=${call}:signal=KILL:when=${count}`]
}

/** What follows forks, and stops at nothing but these calls. strace(1) */
const TRACING = ['strace', '-f', '-qq', '--seccomp-bpf']

/** All points of a run whose calls a file notes: of each call as many as the thread has that makes most of them. */
export function pointsIn(file: string): KillPoint[] {
  const counts = new Map<string, number>()
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    const [, thread, call] = /^(\d+) +(\w+)\(/.exec(line) ?? []
    if (thread !== undefined) counts.set(`${thread} ${call}`, (counts.get(`${thread} ${call}`) ?? 0) + 1)
  }
  return CALLS.flatMap((call) => {
    const ofCall = [...counts].filter(([key]) => key.endsWith(` ${call}`)).map(([, count]) => count)
    return Array.from({ length: Math.max(0, ...ofCall) }, (_, index) => ({ call, count: index + 1 }))
  })
}

/** Some of the points, each call as likely as the others: always the same for a seed. */
export function chosen(points: readonly KillPoint[], count: number, seed: number): KillPoint[] {
  const calls = [...new Set(points.map(({ call }) => call))]
  const random = randomFrom(seed)
  const pick = <Value>(list: readonly Value[]) => list[Math.floor(random() * list.length)]!
  return Array.from({ length: count }, () => {
    const call = pick(calls)
    return pick(points.filter((point) => point.call === call))
  })
}
