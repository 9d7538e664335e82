import { WRITTEN_BY } from '../../core/settings/name-servers.js'
import { processStart, runningSince } from '../../core/time/process-start.js'
import { bootId } from '../../native/process/network-namespace.js'
import { statOf } from '../../native/process/process-stat.js'

/** What was there before a tunnel wrote a file: what the backup at a path says, an empty file, none, or who knows. */
export type Was = { readonly backup: string } | 'empty' | 'missing' | 'unknown'

/** Who wrote a file, by its first line. */
export interface Writer {
  readonly boot: string
  readonly pid: number
  /** Clock ticks from the host's start to the process's. */
  readonly started: string
  readonly was: Was
}

/** The first line of a file that this process writes. Whoever reads it after a power cut knows what to restore. */
export function writtenBy(device: string, was: Was): string {
  const before = typeof was === 'string' ? was : was.backup
  const who = `boot=${bootId()} pid=${process.pid} start=${processStart(statOf(process.pid))} was=${before}`
  return `${WRITTEN_BY}${device} is up; what was here before is put back then. [${who}]`
}

/** Who wrote a text that begins with such a line; undefined if none did, or a program up to 0.2.0. */
export function writerOf(text: string): Writer | undefined {
  if (!text.startsWith(WRITTEN_BY)) return undefined
  const found = /^.* \[boot=(\S*) pid=(\d+) start=(\d+) was=(\S+)\]\n/.exec(text)
  if (found === null) return undefined
  const [, boot, pid, started, before] = found as unknown as [string, string, string, string, string]
  const was = before.startsWith('/') ? { backup: before } : before
  if (typeof was === 'string' && was !== 'empty' && was !== 'missing' && was !== 'unknown') return undefined
  return { boot, pid: Number(pid), started, was }
}

/** Whether a writer still runs. */
export function isRunning({ boot, pid, started }: Writer): boolean {
  return boot === bootId() && runningSince(statOf(pid)) === started
}
