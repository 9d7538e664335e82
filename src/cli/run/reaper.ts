import { spawn } from 'node:child_process'
import { cleanEnvironment, findProgram } from '../../native/process/programs.js'

/**
 * Waits for the end of its input. Then it removes files that are empty, as a socket or a journal that is settled, and
 * a lock, unless another process has taken that over. What root noted in a journal goes with that.
 */
const SCRIPT = `
lock=$1; shift
own=$(cat "$lock")
read -r _
[ "$(cat "$lock" 2>/dev/null)" = "$own" ] || exit 0
for file; do [ -s "$file" ] || rm -f "$file" "$file.noted"; done
rm -f "$lock"
`

/** Removes what belongs to a run and lies in a folder that the process itself can no longer change. */
export interface Reaper {
  /** Idempotent. Resolves once the files are gone. */
  sweep(): Promise<void>
}

/**
 * Starts a shell that keeps the privileges that this process is about to drop, and that does one thing, at the end of
 * this process at the latest: it removes `lock` and those of `others` that are empty. Nothing is read from this
 * process but that it ended.
 */
export function startReaper(lock: string, others: readonly string[]): Reaper {
  // A session of its own: Ctrl-C in a terminal is for this process, which needs the other one until its end.
  const shell = spawn(findProgram('sh')!, ['-c', SCRIPT, 'qanat-reaper', lock, ...others], {
    env: cleanEnvironment(),
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  const ended = new Promise<void>((resolve) => shell.on('error', () => resolve()).on('exit', () => resolve()))
  shell.stdin.on('error', () => {}) // it ended before
  shell.unref()
  return {
    sweep: () => {
      shell.ref()
      shell.stdin.end()
      return ended
    },
  }
}
