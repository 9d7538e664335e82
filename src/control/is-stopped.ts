import { readFileSync } from 'node:fs'

/** States of a process that a signal (SIGSTOP, Ctrl-Z) or a debugger holds. proc_pid_stat(5) */
const STOPPED = ['T', 't']

/** Whether a process is there, and goes on only if somebody lets it. */
export function isStopped(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return STOPPED.includes(stat.charAt(stat.lastIndexOf(')') + 2))
  } catch {
    return false
  }
}
