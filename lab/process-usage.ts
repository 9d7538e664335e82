import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { statusOf, threadStatusesOf } from './process-status.js'

/** Fields of /proc/PID/stat after the program's name, counted from its state. proc_pid_stat(5) */
const USER_TICKS = 11
const SYSTEM_TICKS = 12

const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))

/** Seconds of CPU time that a process has used so far, in all its threads. */
export function cpuSeconds(pid: number): number {
  const { user, system } = cpuTimes(pid)
  return user + system
}

/** The same, with what those have used that it started and that still run. */
export function cpuSecondsOfFamily(pid: number): number {
  return childrenOf(pid).reduce((sum, child) => sum + cpuSecondsOfFamily(child), cpuSeconds(pid))
}

/** The same as {@link cpuSeconds}, by whether they were spent in the program or for it in the kernel. */
export function cpuTimes(pid: number): { user: number; system: number } {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return {
    user: Number(fields[USER_TICKS]) / ticksPerSecond,
    system: Number(fields[SYSTEM_TICKS]) / ticksPerSecond,
  }
}

/**
 * How often the threads of a process have waited for something, and so were woken up again. It does not count the times
 * that the kernel took the processor away from one: those are other programs' work.
 */
export function wakeUps(pid: number): number {
  const waits = threadStatusesOf(pid).map((status) => Number(status('voluntary_ctxt_switches')))
  return waits.reduce((sum, count) => sum + count, 0)
}

/** Bytes of memory that a process has in use now. */
export function residentBytes(pid: number): number {
  return statusBytes(pid, 'VmRSS')
}

/** Bytes of memory that a process has had in use at most. */
export function peakBytes(pid: number): number {
  return statusBytes(pid, 'VmHWM')
}

function childrenOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((task) => {
    const children = readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8')
    return children.split(' ').filter(Boolean).map(Number)
  })
}

function statusBytes(pid: number, field: string): number {
  const [, kibibytes] = /^(\d+) kB$/.exec(statusOf(pid)(field))!
  return Number(kibibytes) * 1024
}
