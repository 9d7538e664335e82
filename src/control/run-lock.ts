import { createHash } from 'node:crypto'
import { type Dirent, readdirSync, rmSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { asError, ConfigError } from '../core/api/errors.js'
import { JOURNAL_ENDING } from '../core/settings/run-files.js'
import { claimedFile, runningOwner } from './lock-owner.js'
import { realPath } from './real-path.js'
import { makeRunFolder } from './run-folder.js'
import { isSpent } from './spent-files.js'
import { takeLock, thisProcess } from './take-lock.js'

/** What names of locks end with. */
const ENDING = '.lock'
/** What journals of files end with, behind what all names of such a run begin with. */
const OF_A_FILE = /(?<=\/[0-9a-f]{32})(?:\.\d+)?\.journal$/

/** What the system says of a folder that is not there. */
const GONE = ['ENOENT', 'ENOTDIR']

/** A tunnel that a process of this host runs. */
export interface Run {
  readonly file: string
  readonly pid: number
  /** Where it answers questions. */
  readonly socket: string
}

/** Says that a file is in use by this process. */
export interface RunLock {
  /** The file that says so. */
  readonly path: string
  /** Where this process may answer questions about the tunnel. */
  readonly socket: string
  /** Idempotent. */
  release(): void
}

/** Why a run cannot be locked for the moment: a process restores the host after the one before. */
export class BeingRestored extends Error {}

/**
 * Says that this process runs the tunnel of the file at `path`, whatever name it is called by. What a process
 * that was killed left behind is taken over. `folder` is made if it is missing. `restores` says that the tunnel does not
 * run: what is left of it is undone.
 *
 * @throws ConfigError if another process runs it, with the cause BeingRestored if that only restores the host.
 */
export function lockRun(path: string, folder: string, restores = false): RunLock {
  const lock = lockOf(path, folder)
  const owner = thisProcess(path)
  const own = restores ? { ...owner, restores } : owner
  try {
    makeRunFolder(folder)
    const held = takeLock(lock, own)
    if ('owner' in held) {
      const { pid, restores } = held.owner
      if (restores) throw new BeingRestored(`process ${pid} restores the host`)
      throw new Error(`process ${pid} is running it`)
    }
    sweep(lock)
    return { path: lock, socket: socketBeside(lock), release: held.release }
  } catch (thrown) {
    throw new ConfigError(`Cannot start ${path}: ${asError(thrown).message}`, {
      code: 'ERR_CONFIG_VALUE',
      cause: thrown,
    })
  }
}

/** Removes what processes left that were killed, of files whose paths are like this and never come back. */
export function sweepRuns(folder: string, gone: RegExp): void {
  const own = entriesOf(folder).map(({ name }) => join(folder, name)) // folders of others are theirs to sweep
  for (const lock of own.filter((path) => path.endsWith(ENDING))) {
    const file = claimedFile(lock)
    if (file === undefined || !gone.test(file) || runningOwner(lock) !== undefined) continue
    for (const left of [lock, socketBeside(lock)]) rmSync(left, { force: true })
  }
}

/** The run of the file at `path`, by whatever name it is called, among others; undefined if it is none of them. */
export function runOf(path: string, runs: readonly Run[]): Run | undefined {
  const wanted = realPath(path)
  return runs.find(({ file }) => file === wanted)
}

/**
 * All runs of which `folder` knows, and the folders in it that services have for themselves, as far as this user may look into
 * them; sorted by file.
 */
export function allRuns(folder: string): Run[] {
  return allFiles(folder)
    .filter((path) => path.endsWith(ENDING))
    .map(runBehind)
    .filter((run) => run !== undefined)
    .sort((a, b) => (a.file < b.file ? -1 : 1))
}

/** The journals in the same folders of files whose tunnels no process runs; one may be about to restore what they note. */
export function journalsLeft(folder: string): string[] {
  return allFiles(folder).filter((path) => OF_A_FILE.test(path) && isLeft(path))
}

/** Whether no process runs the tunnel of a journal. */
export function isLeft(journal: string): boolean {
  return runBehind(journal.replace(OF_A_FILE, ENDING)) === undefined
}

function allFiles(folder: string): string[] {
  const own = entriesOf(folder)
  const services = own
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) => entriesOf(join(folder, name), [...GONE, 'EACCES']))
  return [...own, ...services].map(({ name, parentPath }) => join(parentPath, name))
}

/** A lock bears the name of its file: one that claims another file is nobody's. */
function runBehind(lock: string): Run | undefined {
  const owner = runningOwner(lock)
  if (owner === undefined || owner.restores || basename(lock) !== `${hashOf(owner.file)}${ENDING}`)
    return undefined
  return { file: owner.file, pid: owner.pid, socket: socketBeside(lock) }
}

function entriesOf(folder: string, without = GONE): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
  } catch (thrown) {
    const { code = '' } = thrown as NodeJS.ErrnoException
    if (without.includes(code)) return []
    throw new ConfigError(`Cannot look for running tunnels: ${asError(thrown).message}`, {
      code: 'ERR_CONFIG_VALUE',
      cause: thrown,
    })
  }
}

/** Where the tunnel of the file at `path` notes what it changes on the host: a file for each network namespace. */
export function journalOf(path: string, folder: string): string {
  return journalFrom(placeOf(path, folder))
}

/** All journals of the file at `path`, in whichever network namespace it ran. */
export function journalsOf(path: string, folder: string): string[] {
  return filesOf(path, folder).filter((file) => file.endsWith(JOURNAL_ENDING))
}

/** All that runs of the file at `path` left in `folder`, or have there. */
export function filesOf(path: string, folder: string): string[] {
  return filesAt(placeOf(path, folder))
}

/** Those whose paths begin with a place, and a dot behind it. */
function filesAt(place: string): string[] {
  const folder = dirname(place)
  return entriesOf(folder)
    .map(({ name }) => join(folder, name))
    .filter((file) => file.startsWith(`${place}.`))
}

/** The name of a journal in this network namespace that begins with `place`. */
export function journalFrom(place: string): string {
  return `${place}.${statSync('/proc/self/ns/net').ino}${JOURNAL_ENDING}`
}

/** Where the tunnel of the file at `path` answers its owner while it runs. */
export function socketOf(path: string, folder: string): string {
  return socketBeside(lockOf(path, folder))
}

function lockOf(path: string, folder: string): string {
  return `${placeOf(path, folder)}${ENDING}`
}

/** What the files of a tunnel's run begin with. */
function placeOf(path: string, folder: string): string {
  return join(folder, hashOf(realPath(path)))
}

function hashOf(file: string): string {
  return createHash('sha256').update(file).digest('hex').slice(0, 32)
}

function socketBeside(lock: string): string {
  return `${lock.slice(0, -ENDING.length)}.sock`
}

/** Removes what processes that were killed left beside a lock that is held now. */
function sweep(lock: string): void {
  for (const file of filesAt(lock.slice(0, -ENDING.length))) {
    if (file !== lock && isSpent(file)) rmSync(file, { force: true })
  }
}
