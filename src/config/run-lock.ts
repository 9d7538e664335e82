import { createHash, randomUUID } from 'node:crypto'
import { linkSync, mkdirSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { asError, ConfigError } from '../core/errors.js'

/** Times that a lock which a dead process left is moved out of the way. */
const ATTEMPTS = 5

/** A process, told apart from a later one with the same number. */
interface Owner {
  readonly pid: number
  /** Clock ticks from the host's start to the process's. */
  readonly started: string
}

/** Says that a file is in use by this process. */
export interface RunLock {
  /** Idempotent. */
  release(): void
}

/**
 * Says that this process runs the tunnel of the file at `path`, whatever name it is called by. What a process
 * that was killed left behind is taken over. `folder` is made where it is missing.
 *
 * @throws ConfigError where another process runs it.
 */
export function lockRun(path: string, folder: string): RunLock {
  const lock = lockOf(path, folder)
  const owner: Owner = { pid: process.pid, started: startOf(process.pid)! }
  const own = JSON.stringify(owner)
  let draft: string | undefined
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    draft = `${lock}.${randomUUID()}`
    writeFileSync(draft, own, { mode: 0o600, flag: 'wx' })
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (linked(draft, lock)) return { release: () => release(lock, own) }
      const holder = runningOwner(lock)
      if (holder !== undefined) throw new Error(`process ${holder.pid} runs it`)
      setAside(lock)
    }
    throw new Error(`others keep taking ${lock}`)
  } catch (thrown) {
    throw new ConfigError(`Cannot start ${path}: ${asError(thrown).message}`, {
      code: 'ERR_CONFIG_VALUE',
      cause: thrown,
    })
  } finally {
    if (draft !== undefined) rmSync(draft, { force: true })
  }
}

/** The process that runs the tunnel of the file at `path`; undefined where none does. */
export function runnerOf(path: string, folder: string): number | undefined {
  return runningOwner(lockOf(path, folder))?.pid
}

/** Where locks are: a folder that the next start of the host empties. systemd names one (RuntimeDirectory). */
export function runFolder(environment: Readonly<Record<string, string | undefined>>): string {
  if (environment.RUNTIME_DIRECTORY !== undefined) return environment.RUNTIME_DIRECTORY
  if (process.getuid?.() === 0) return '/run/qanat'
  return environment.XDG_RUNTIME_DIR === undefined
    ? `/tmp/qanat-${process.getuid?.()}`
    : join(environment.XDG_RUNTIME_DIR, 'qanat')
}

/** Where the tunnel of the file at `path` notes what it changes on the host. */
export function journalOf(path: string, folder: string): string {
  return `${placeOf(path, folder)}.journal`
}

function lockOf(path: string, folder: string): string {
  return `${placeOf(path, folder)}.lock`
}

/** What the files of a tunnel's run begin with. */
function placeOf(path: string, folder: string): string {
  return join(folder, createHash('sha256').update(realpathSync(path)).digest('hex').slice(0, 32))
}

/** A link is there with its content, or not at all. */
function linked(draft: string, lock: string): boolean {
  try {
    linkSync(draft, lock)
    return true
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw thrown
  }
}

function runningOwner(lock: string): Owner | undefined {
  const owner = ownerIn(lock)
  return owner !== undefined && startOf(owner.pid) === owner.started ? owner : undefined
}

function ownerIn(lock: string): Owner | undefined {
  try {
    const { pid, started } = JSON.parse(readFileSync(lock, 'utf8')) as Partial<Owner>
    return Number.isSafeInteger(pid) && typeof started === 'string' ? { pid: pid!, started } : undefined
  } catch {
    return undefined // gone, or written by nobody that we know
  }
}

/**
 * Removes a lock whose owner is dead. Another start may have replaced it in between, so it is moved first and looked
 * at again: one that is alive goes back.
 */
function setAside(lock: string): void {
  const aside = `${lock}.${randomUUID()}`
  try {
    renameSync(lock, aside)
  } catch {
    return // another start was faster
  }
  if (runningOwner(aside) !== undefined) linked(aside, lock)
  rmSync(aside, { force: true })
}

function release(lock: string, own: string): void {
  try {
    if (readFileSync(lock, 'utf8') === own) rmSync(lock)
  } catch {
    // whoever removed it meant to
  }
}

/** The field of /proc/PID/stat that tells when a process started, counted behind its name. proc_pid_stat(5) */
const START_FIELD = 19

/** When a process started; undefined where there is none. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[START_FIELD]
  } catch {
    return undefined
  }
}
