import { readFileSync } from 'node:fs'

/** The field of /proc/PID/stat that tells when a process started, counted behind its name. proc_pid_stat(5) */
const START_FIELD = 19

/** When a process started; undefined if there is none. */
export function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[START_FIELD]
  } catch {
    return undefined
  }
}
