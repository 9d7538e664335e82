import { readFileSync } from 'node:fs'

/** What the kernel tells of a process in /proc/PID/stat; undefined if there is none. proc_pid_stat(5) */
export function statOf(pid: number | string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8')
  } catch {
    return undefined
  }
}

/** The users that a thread runs as (real, effective, saved, of files), and what it may do or can get. */
export interface ThreadRights {
  readonly uids: readonly number[]
  readonly permitted: bigint
}

/** They, as the kernel tells them in /proc/PID/status. proc_pid_status(5) */
export function rightsOf(status: string): ThreadRights {
  const field = (name: string) => new RegExp(`^${name}:\\s+(.+)$`, 'm').exec(status)![1]!
  return { uids: field('Uid').split(/\s+/).map(Number), permitted: BigInt(`0x${field('CapPrm')}`) }
}
