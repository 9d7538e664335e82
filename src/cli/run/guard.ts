import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { socketFolder } from '../../control/uapi/socket-place.js'
import type { LogFormat, Logger } from '../../core/api/logger.js'
import { cleanEnvironment, findProgram } from '../../native/process/programs.js'
import { firstLine } from './first-line.js'

/**
 * Waits for the end of its input, whatever signals come meanwhile; "read" on the way has files read, and tells which of them
 * hold certificates; "look" tells which files these are by now, of which the process may not even see the folder. Its first line, from before
 * the process gave anything up, may name the socket of WireGuard's tools, by the number of its inode: it goes at the end if
 * it is still the same. If the lock is still
 * that of the process which ended, nobody removed it in order: what the journal still tells is restored, again if a signal
 * killed what does so, and files that are empty go, as a socket or a journal that is settled. If the process said that it
 * ends, what is left in the journal is what it could not restore, or did not want to.
 */
const SCRIPT = `
trap '' HUP INT PIPE TERM
own=$1 lock=$2 socket=$3 journal=$4 folder=$5 watched=
shift 5
device=
read -r word inode device || word=
[ "$word" != socket ] || read -r word || word=
while [ "$word" = read ] || [ "$word" = look ]; do
  if [ "$word" = read ]; then
    next=$("$@" read 3>&1 >&4 < /dev/null)
    [ -z "$next" ] || watched=$next
  else
    (
      IFS='
'
      set -f
      echo "now" $(stat -L -c '%d:%i:%s:%y:%z' -- $watched 2>&1)
    )
  fi 4>&1
  echo 2> /dev/null
  read -r word || word=
done
tools=$folder/$device.sock
case $device in
'' | */*) ;;
*) [ "$(ls -i "$tools" 2>/dev/null)" != "$inode $tools" ] || rm -f "$tools" ;;
esac
{ read -r current < "$lock"; } 2>/dev/null
[ "$current" = "$own" ] || exit 0
[ -s "$socket" ] || rm -f "$socket" "\${socket%.sock}.group.sock"
[ -s "$journal" ] || rm -f "$journal" "$journal.noted"
if [ "$word" = ended ] || ! [ -e "$journal" ]; then
  rm -f "$lock"
  exit 0
fi
for attempt in 1 2 3 4 5; do
  "$@" restore < /dev/null
  [ $? -gt 128 ] || exit 0
done
`
/** What Node does for it, beside this module. */
const WORK = join(import.meta.dirname, 'guard-work.js')

/** What Node has to know to work for a guard. */
export interface GuardJob {
  /** The file of the tunnel. */
  readonly path: string
  readonly journal: string
  /** As options of the tunnel say: whom it runs as, and whether others may read or write its files. */
  readonly user?: string | undefined
  readonly allowReadableKeys?: boolean | undefined
  readonly allowWritableFiles?: boolean | undefined
  /** How the tunnel logs; by default if absent. */
  readonly logging?: { readonly level: string; readonly format?: LogFormat | undefined } | undefined
}

/** What a guard has to know of a run. */
export interface GuardedRun extends GuardJob {
  readonly lock: string
  readonly socket: string
}

/** A small process beside a tunnel, which keeps the rights that the tunnel may drop, and goes on when that is killed. */
export class Guard {
  readonly #shell: ChildProcess
  readonly #ended: Promise<void>
  /** Resolves once the reading before is done. */
  #read: Promise<unknown> = Promise.resolve()
  #canRead = true

  /**
   * Starts a shell that waits for the end of this process, however that comes: it removes the files of the run then, and
   * has the host restored if that is left to do. While it waits it takes a megabyte; Node is started only to restore, or
   * to read the files of the tunnel again.
   */
  constructor({ lock, socket, ...job }: GuardedRun, log: Logger) {
    const work = [process.execPath, WORK, JSON.stringify(job)]
    const folder = socketFolder(process.env) ?? ''
    const files = [readFileSync(lock, 'utf8'), lock, socket, job.journal, folder]
    // A session of its own: Ctrl-C in a terminal is for this process, which needs the other one until its end.
    this.#shell = spawn(findProgram('sh') ?? '/bin/sh', ['-c', SCRIPT, 'qanat-guard', ...files, ...work], {
      detached: true,
      env: { ...process.env, PATH: cleanEnvironment().PATH },
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    this.#ended = new Promise<void>((resolve) => {
      const end = () => {
        this.#canRead = false
        resolve()
      }
      this.#shell.on('exit', end).on('error', (error) => {
        log.warn('nobody would restore the host if this process were killed', { why: error.message })
        end()
      })
    })
    this.#input.on('error', () => {}) // it ended before
    this.#shell.unref()
    ;(this.#output as Readable & { unref(): void }).unref()
  }

  /** False once it ended, or failed to answer: an answer that comes late would be taken for the next one. */
  get canRead(): boolean {
    return this.#canRead
  }

  /**
   * What is in the file of the tunnel and in those that it names, as far as it may name them, in the words of
   * handed-files.ts. Throws if the guard ends, or does not answer in time.
   */
  read(): Promise<string> {
    return this.#ask('read')
  }

  /** A text that differs once one of those files holds another certificate or key. Throws as `read`. */
  look(): Promise<string> {
    return this.#ask('look')
  }

  #ask(word: 'read' | 'look'): Promise<string> {
    const line = this.#read.then(() => {
      if (!this.#canRead) throw new Error('nobody is there who may read the files')
      this.#input.write(`${word}\n`)
      return firstLine(this.#output)
    })
    this.#read = line.catch(() => {
      this.#canRead = false
    })
    return line
  }

  /** Has the socket of WireGuard's tools removed at the end. Nothing may be asked of the guard before. */
  removes(socket: string): void {
    this.#input.write(`socket ${statSync(socket).ino} ${basename(socket, '.sock')}\n`)
  }

  /** The tunnel ended and the host is restored as far as it can be. Resolves once the files of the run are gone. */
  end(): Promise<void> {
    this.#shell.ref()
    this.#input.end('ended\n')
    return this.#ended
  }

  get #input(): Writable {
    return this.#shell.stdin!
  }

  get #output(): Readable {
    return this.#shell.stdout!
  }
}
