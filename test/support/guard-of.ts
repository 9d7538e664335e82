import { readdirSync, readFileSync } from 'node:fs'
import type { Program } from '../../lab/program.js'

/** The process that guards a tunnel. Throws if there is none. */
export function guardOf({ pid }: Program): number {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  )
  const guard = children.find((child) =>
    readFileSync(`/proc/${child}/cmdline`, 'utf8').includes('qanat-guard'),
  )
  if (guard === undefined) throw new Error(`Cannot find the guard of process ${pid}: there is no guard`)
  return guard
}

/** Processes of a session, but for those that ended. */
export function membersOf(session: number): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && sessionOf(pid) === session)
}

/** Tells processes to end; one of them may have ended meanwhile. */
export function tellToEnd(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGTERM')
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code !== 'ESRCH') throw thrown
    }
  }
}

/** Undefined if there is no such process any more. proc_pid_stat(5) */
export function sessionOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const [state, , , session] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return state === 'Z' ? undefined : Number(session)
  } catch {
    return undefined
  }
}
