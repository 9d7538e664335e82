import { existsSync } from 'node:fs'
import { startOf } from './process-start.js'

/** A journal, which tells what is to be restored, and what root noted in it. */
const RECORD = /^.*\.journal(?=(?:\.noted)?$)/
/** The draft of a lock, and the process that chose its name: none did of a turn to replace a lock that is gone. */
const DRAFT = /\.lock\.(\d*)/

/** Whether a file of a run tells what is to be restored. */
export function isRecord(file: string): boolean {
  return existsSync(RECORD.exec(file)?.[0] ?? '')
}

/**
 * Whether nobody needs a file of a run, as whoever holds its lock may ask: a process that starts meanwhile needs its draft,
 * which may be empty yet.
 */
export function isSpent(file: string): boolean {
  if (isRecord(file)) return false
  const [, pid] = DRAFT.exec(file) ?? []
  return pid === undefined || startOf(Number(pid)) === undefined
}
