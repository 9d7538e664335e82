import { readdirSync, readFileSync } from 'node:fs'

/** A field of what the kernel tells of a process or thread, as it writes it, with blanks for tabs. proc_pid_status(5) */
export type StatusField = (name: string) => string

/** Of a process, which is that of its main thread but for the sums of memory. */
export function statusOf(pid: number | 'self'): StatusField {
  return statusIn(`/proc/${pid}/status`)
}

/** Of each thread of a process, the main one first. */
export function threadStatusesOf(pid: number): StatusField[] {
  const threads = readdirSync(`/proc/${pid}/task`).map(Number)
  return threads.sort((a, b) => a - b).map((thread) => statusIn(`/proc/${pid}/task/${thread}/status`))
}

function statusIn(path: string): StatusField {
  const status = readFileSync(path, 'utf8')
  return (name) => new RegExp(`^${name}:[ \\t]*(.*?)\\s*$`, 'm').exec(status)![1]!.replaceAll('\t', ' ')
}
