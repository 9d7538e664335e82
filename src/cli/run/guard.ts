import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Logger } from '../../core/api/logger.js'
import { cleanEnvironment, findProgram } from '../../native/process/programs.js'

/**
 * Waits for the end of its input, whatever signals come meanwhile. If the lock is still that of the process which ended,
 * nobody removed it in order: what the journal still tells is restored by a program, again if a signal killed it, and
 * files that are empty go, as a socket or a journal that is settled. Where the process told that it ends, what is left in
 * the journal is what it could not restore, or did not want to.
 */
const SCRIPT = `
trap '' HUP INT TERM
own=$1 lock=$2 socket=$3 journal=$4
shift 4
read -r word
{ read -r current < "$lock"; } 2>/dev/null
[ "$current" = "$own" ] || exit 0
[ -s "$socket" ] || rm -f "$socket"
[ -s "$journal" ] || rm -f "$journal" "$journal.noted"
if [ "$word" = ended ] || ! [ -e "$journal" ]; then
  rm -f "$lock"
  exit 0
fi
for attempt in 1 2 3 4 5; do
  "$@"
  [ $? -gt 128 ] || exit 0
done
`
/** What restores the host, beside this module. */
const RESTORE = join(import.meta.dirname, 'guard-restore.js')

/** What a guard has to know of a run. */
export interface GuardedRun {
  /** The file of the tunnel. */
  readonly path: string
  readonly lock: string
  readonly socket: string
  readonly journal: string
  /** Whether the packet filter stays if the process does not end in order. */
  readonly killSwitch: boolean
  /** Whom the tunnel runs as, if an option says so: not all that this user may write is believed. */
  readonly user: string | undefined
}

/** A small process beside a tunnel that goes on when that one is killed. */
export interface Guard {
  /** The tunnel ended and the host is restored as far as it can be. Resolves once the files of the run are gone. */
  end(): Promise<void>
}

/**
 * Starts a shell that keeps the rights which this process may drop, and waits for its end, however that comes: it removes
 * the files of the run then, and has the host restored if that is left to do. Nothing is read from this process but that
 * it ends. While it waits it takes a megabyte; Node is started only to restore.
 */
export function startGuard(
  { path, lock, socket, journal, killSwitch, user }: GuardedRun,
  log: Logger,
): Guard {
  const restore = [
    process.execPath,
    RESTORE,
    path,
    journal,
    killSwitch ? 'keep' : 'all',
    ...(user === undefined ? [] : [user]),
  ]
  const files = [readFileSync(lock, 'utf8'), lock, socket, journal]
  // A session of its own: Ctrl-C in a terminal is for this process, which needs the other one until its end.
  const shell = spawn(findProgram('sh') ?? '/bin/sh', ['-c', SCRIPT, 'qanat-guard', ...files, ...restore], {
    detached: true,
    env: { ...process.env, PATH: cleanEnvironment().PATH },
    stdio: ['pipe', 'ignore', 'inherit'],
  })
  const ended = new Promise<void>((resolve) => {
    shell.on('exit', () => resolve())
    shell.on('error', (error) => {
      log.warn('nobody would restore the host if this process were killed', { why: error.message })
      resolve()
    })
  })
  shell.stdin.on('error', () => {}) // it ended before
  shell.unref()
  return {
    end: () => {
      shell.ref()
      shell.stdin.end('ended\n')
      return ended
    },
  }
}
