import { readdirSync } from 'node:fs'
import type { Logger } from '../../core/api/logger.js'
import type { Clock } from '../../core/time/clock.js'
import { processStart } from '../../core/time/process-start.js'
import { statOf } from '../../native/process/process-stat.js'

/** Milliseconds between looks at what was killed, and how many there are: 2 s of them. */
const INTERVAL = 20
const MAX_LOOKS = 100

/** A hook that runs, so that whoever restores the host after a kill knows it. */
export interface HookProcess {
  /** Its shell, which leads a process group of its own. */
  readonly pid: number
  /** When that started, in clock ticks since the host did: a number is used again. */
  readonly start: string
}

/** The hook whose shell has a number; undefined if there is none. */
export function hookProcess(pid: number | undefined): HookProcess | undefined {
  const start = pid === undefined ? undefined : processStart(statOf(pid))
  return pid === undefined || start === undefined ? undefined : { pid, start }
}

/** A hook as a journal notes it; undefined if that is none. */
export function parseHook(value: unknown): HookProcess | undefined {
  const { pid, start } = (value ?? {}) as Partial<HookProcess>
  // Beyond 1: kill(2) takes -1 for each process there is.
  return Number.isSafeInteger(pid) && pid! > 1 && typeof start === 'string' ? { pid: pid!, start } : undefined
}

/** Kills a hook, if it still runs, with what it started, and resolves once all of that is gone, or after 2 s. */
export async function endHook({ pid, start }: HookProcess, log: Logger, clock: Clock): Promise<void> {
  if (processStart(statOf(pid)) !== start) return
  log.warn('ending a hook of a tunnel that was killed', { pid })
  killGroup(pid)
  for (let look = 1; hasGroup(pid) && look < MAX_LOOKS; look++) {
    await new Promise<void>((resolve) => clock.schedule(INTERVAL, resolve))
  }
}

/** Kills a hook with what it started. */
export function killGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // it is over already
  }
}

/** Whether there is a process of a group that may still do something: a container may have nobody who waits for its dead. */
function hasGroup(group: number): boolean {
  return readdirSync('/proc').some((name) => {
    const stat = /^\d+$/.test(name) ? statOf(name) : undefined
    const [, state, , itsGroup] = stat?.slice(stat.lastIndexOf(')')).split(' ') ?? []
    return itsGroup === String(group) && state !== 'Z' && state !== 'X'
  })
}
