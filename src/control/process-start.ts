import { readFileSync } from 'node:fs'
import { processStart } from '../core/time/process-start.js'

/** When a process started; undefined if there is none. */
export function startOf(pid: number): string | undefined {
  try {
    return processStart(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return undefined
  }
}
