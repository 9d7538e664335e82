import { readFileSync } from 'node:fs'

/** The user that a process runs as; undefined where there is none. proc_pid_status(5) */
export function userOf(pid: number): number | undefined {
  try {
    const [, real] = /^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
    return real === undefined ? undefined : Number(real)
  } catch {
    return undefined
  }
}
