import { readFileSync } from 'node:fs'
import { runningSince } from '../core/time/process-start.js'

/** When a process started that runs; undefined if none does. */
export function startOf(pid: number): string | undefined {
  try {
    return runningSince(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return undefined
  }
}
