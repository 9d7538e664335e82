import { readFileSync } from 'node:fs'

/** What the kernel tells of a process in /proc/PID/stat; undefined if there is none. proc_pid_stat(5) */
export function statOf(pid: number | string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8')
  } catch {
    return undefined
  }
}
