import {
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fchmodSync,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { basename, dirname } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { asError, HostError } from '../../core/api/errors.js'
import { NAMESPACE_NAME } from '../../core/settings/namespace-name.js'
import { SHARED_RUN_FOLDER } from '../../core/settings/run-files.js'
import { type BoundedFile, readBounded } from '../../native/files/read-bounded.js'
import { type NetworkNamespace, ownNamespace } from '../../native/process/network-namespace.js'
import { syncFolder } from '../files/sync-folder.js'
import { type HookProcess, parseHook } from '../programs/hook-process.js'
import { believed } from './believed.js'
import { type Change, parseChange } from './change.js'
import { foldersAround, journalsIn } from './journals-around.js'
import { type NotedRun, parseRun } from './noted-run.js'

/** The mode of a journal, and of one of root's that services read: it tells no secret. */
const PRIVATE = 0o600
const READABLE = 0o644
/** Bytes of a journal: some thousand changes. Beyond that nothing more is changed. */
const MAX_JOURNAL = 2 ** 20

const { O_APPEND, O_CREAT, O_EXCL, O_NOFOLLOW, O_RDWR } = constants

/** What a process that was killed left in a journal. */
export interface LeftBehind {
  /** Where it lived; programs up to 0.2.0 tell the network's number only. */
  readonly namespace: Partial<NetworkNamespace>
  /** Whose changes they are; programs up to 0.2.0 did not tell. */
  readonly run?: NotedRun | undefined
  /** The hook that was running, if whoever the journal belongs to may end it. */
  readonly hook?: HookProcess | undefined
  /** As far as whoever the journal belongs to is believed. */
  readonly changes: readonly Change[]
}

/**
 * What a tunnel changed on its host, written to a file and synced before each change, so that another process can undo
 * it if this one is killed. It is only ever appended to, a line at a time: a change, or a snapshot of all that is left.
 * So a kill at any moment leaves what was there before or after, and a line that was cut is none, since its change was
 * not made.
 */
export class Journal {
  readonly #path: string
  readonly #changes: Change[]
  #run: NotedRun | undefined
  /** Open from the first change to the end: a process that dropped root can still append to the file and empty it. */
  #file: number | undefined

  /** `inherited` are changes of a process that was killed, which stand. `run` says whose changes the journal is about. */
  constructor(path: string, inherited: readonly Change[] = [], run?: NotedRun) {
    this.#path = path
    this.#changes = [...inherited]
    this.#run = run
  }

  /** Where it is. */
  get path(): string {
    return this.#path
  }

  /** What is noted, in its order. */
  get changes(): readonly Change[] {
    return this.#changes
  }

  /**
   * What other tunnels say that they changed on this network, root's and those of services, as far as this process may
   * read it. That is enough to leave something alone.
   */
  others(): Change[] {
    return this.#others(readAll)
  }

  /** The same as far as they are believed: what this tunnel may undo in their place. */
  believedOthers(): Change[] {
    return this.#others(readJournal)
  }

  #others(read: (path: string) => LeftBehind | undefined): Change[] {
    const own = ownNamespace()
    return foldersAround(dirname(this.#path))
      .flatMap(journalsIn)
      .filter((path) => path !== this.#path && path !== formerPath(this.#path))
      .map((path) => ifPossible(() => read(path)))
      .flatMap((other) => (other !== undefined && isSame(other.namespace, own) ? other.changes : []))
  }

  /**
   * Notes a change that is about to be made.
   *
   * @throws HostError ERR_JOURNAL if it cannot be written; then the change must not be made.
   */
  note(change: Change): void {
    try {
      append(this.#open(), change)
    } catch (thrown) {
      throw notWritten(this.#path, thrown)
    }
    this.#changes.push(change)
  }

  /**
   * Says from now on that the changes are about this run.
   *
   * @throws HostError ERR_JOURNAL if that cannot be written.
   */
  noteRun(run: NotedRun): void {
    if (isDeepStrictEqual(run, this.#run)) return
    try {
      if (this.#file !== undefined) append(this.#file, run)
    } catch (thrown) {
      throw notWritten(this.#path, thrown)
    }
    this.#run = run
  }

  /**
   * Notes the hook that is about to run, or that it is over. Does nothing if the journal cannot be written, or there is
   * nothing that another process would restore.
   */
  noteHook(hook: HookProcess | undefined): void {
    if (this.#changes.length === 0) return
    ifPossible(() => append(this.#open(), { hook: hook ?? null }))
  }

  /**
   * Strikes out what was undone; what is `left` can still be undone by another process.
   *
   * @returns Whether that is written. On a full disk it is not: then the file says more than is left, which does no harm,
   *   since what is undone already is passed over.
   */
  settle(left: readonly Change[]): boolean {
    const same = left.length === this.#changes.length && left.every((one, at) => one === this.#changes[at])
    this.#changes.splice(0, Infinity, ...left)
    try {
      if (left.length === 0) this.#remove()
      else if (!same) append(this.#open(), { left })
      return true
    } catch {
      return false
    }
  }

  #open(): number {
    if (this.#file !== undefined) return this.#file
    this.#file = openJournal(this.#path, this.#changes, this.#run)
    return this.#file
  }

  /** Without write permission on its folder the file stays, and is empty. */
  #remove(): void {
    try {
      rmSync(this.#path, { force: true })
    } catch (thrown) {
      if (this.#file === undefined) throw thrown
      ftruncateSync(this.#file, 0)
    }
    if (this.#file !== undefined) closeSync(this.#file)
    this.#file = undefined
    forgetNoted(this.#path)
  }
}

function notWritten(path: string, cause: unknown): HostError {
  return new HostError(`Cannot record changes in ${path}: ${asError(cause).message}`, {
    code: 'ERR_JOURNAL',
    cause,
  })
}

/**
 * Keeps what root noted in a journal, which is about to become another user's: that is believed whatever the journal
 * says later. Does nothing if there is no journal. Throws if it cannot.
 */
export function keepNoted(path: string): void {
  forgetNoted(path)
  if (existsSync(path)) copyFileSync(path, notedPath(path), constants.COPYFILE_EXCL)
}

/** Where that is kept. */
export function notedPath(path: string): string {
  return `${path}.noted`
}

/** Without write permission on the folder it stays, for whoever has that to remove. */
function forgetNoted(path: string): void {
  try {
    rmSync(notedPath(path), { force: true })
  } catch {
    // nobody believes it without the journal
  }
}

/**
 * What the journal at `path` tells; undefined if there is none, or nothing in it.
 *
 * @throws HostError ERR_JOURNAL if it cannot be read: then nobody knows.
 */
export function readJournal(path: string): LeftBehind | undefined {
  let journal: BoundedFile
  try {
    journal = readFile(path)
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new HostError(`Cannot read the journal ${path}: ${asError(thrown).message}`, {
      code: 'ERR_JOURNAL',
      cause: thrown,
    })
  }
  const left = parseJournal(journal.text)
  const word = { owner: journal.uid, noted: readNoted(path) }
  const changes = left.changes.filter((change) => believed(change, word))
  if (changes.length === 0) return undefined
  // Another user does not choose where root changes something, nor what it ends.
  const { name: _, ...unnamed } = left.namespace
  const hook = isOwn(journal.uid) ? left.hook : undefined
  return { ...left, namespace: isOwn(journal.uid) ? left.namespace : unnamed, hook, changes }
}

/** What a journal tells, whoever it belongs to: to be shown or left alone, and not to be undone. Throws if it cannot be read. */
export function readAll(path: string): LeftBehind {
  return parseJournal(readFile(path).text)
}

/** What root noted in a journal before it became another user's. */
function readNoted(path: string): readonly Change[] {
  try {
    const { text, uid } = readFile(notedPath(path))
    return isOwn(uid) ? parseJournal(text).changes : []
  } catch {
    return []
  }
}

function parseJournal(text: string): LeftBehind {
  const [header, ...lines] = text.split('\n')
  let changes: Change[] = []
  let run: NotedRun | undefined
  let hook: HookProcess | undefined
  for (const line of lines) {
    const change = parseChange(line)
    if (change !== undefined) changes.push(change)
    else changes = parseSnapshot(line) ?? changes
    run = parseRun(line) ?? run
    const object = parseObject(line)
    if (object !== undefined && 'hook' in object) hook = parseHook(object.hook)
  }
  return { namespace: parseNamespace(header!), run, hook, changes }
}

/** Whether a file is root's or this process's own. */
function isOwn(owner: number): boolean {
  return owner === 0 || owner === process.getuid!()
}

/** Where programs up to 0.2.0 noted their changes: without the number of the network namespace. */
export function formerPath(path: string): string {
  return path.replace(/\.\d+\.journal$/, '.journal')
}

/** Whether what is noted of a place can be undone here, as far as both are known. */
export function isSame(noted: Partial<NetworkNamespace>, own: NetworkNamespace): boolean {
  const differs = (name: 'boot' | 'cookie') =>
    noted[name] !== undefined && own[name] !== undefined && noted[name] !== own[name]
  return noted.network === own.network && !differs('boot') && !differs('cookie')
}

function ifPossible<Value>(work: () => Value): Value | undefined {
  try {
    return work()
  } catch {
    return undefined
  }
}

function readFile(path: string): BoundedFile {
  const file = readBounded(path, MAX_JOURNAL)
  if (file === undefined) throw new Error('it is no journal')
  return file
}

function parseSnapshot(line: string): Change[] | undefined {
  const left = parseObject(line)?.left
  if (!Array.isArray(left)) return undefined
  return left.map((one) => parseChange(JSON.stringify(one))).filter((change) => change !== undefined)
}

/** Programs up to 0.2.0 wrote `net:[NUMBER]`. */
function parseNamespace(header: string): Partial<NetworkNamespace> {
  const [, number] = /^net:\[(\d+)\]$/.exec(header) ?? []
  if (number !== undefined) return { network: Number(number) }
  const { boot, cookie, mount, name, network } = parseObject(header) ?? {}
  return {
    ...(typeof boot === 'string' && { boot }),
    ...(typeof cookie === 'string' && { cookie }),
    ...(typeof mount === 'number' && { mount }),
    ...(typeof network === 'number' && { network }),
    ...(typeof name === 'string' && NAMESPACE_NAME.test(name) && { name }),
  }
}

function parseObject(line: string): Record<string, unknown> | undefined {
  try {
    const value = JSON.parse(line) as unknown
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

/** Goes on with what lies there if that is about this network, or begins anew with what is left. */
function openJournal(path: string, left: readonly Change[], run: NotedRun | undefined): number {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  return goOn(path, run) ?? begin(path, left, run)
}

function goOn(path: string, run: NotedRun | undefined): number | undefined {
  const noted = readJournal(path)
  if (noted === undefined) return undefined
  const file = openSync(path, O_RDWR | O_APPEND | O_NOFOLLOW)
  try {
    const text = readFileSync(file, 'utf8')
    // Another user's may be open to that user still, whomever it belongs to from now on.
    const isForeign = fstatSync(file).uid !== process.getuid!()
    if (isForeign || !isSame(parseNamespace(text.split('\n', 1)[0]!), ownNamespace())) {
      closeSync(file)
      return undefined
    }
    fchmodSync(file, modeFor(path))
    if (!text.endsWith('\n')) write(file, '\n')
    if (run !== undefined && !isDeepStrictEqual(run, noted.run)) append(file, run)
    return file
  } catch (thrown) {
    closeSync(file)
    throw thrown
  }
}

/** What was there before is there until the new one is whole. */
function begin(path: string, left: readonly Change[], run: NotedRun | undefined): number {
  const draft = `${path}.new`
  rmSync(draft, { force: true })
  const file = openSync(draft, O_RDWR | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW, PRIVATE)
  try {
    fchmodSync(file, modeFor(path))
    append(file, ownNamespace())
    if (run !== undefined) append(file, run)
    if (left.length > 0) append(file, { left })
    renameSync(draft, path)
    syncFolder(dirname(path))
    return file
  } catch (thrown) {
    closeSync(file)
    rmSync(draft, { force: true })
    throw thrown
  }
}

function modeFor(path: string): number {
  return process.getuid!() === 0 && basename(dirname(path)) === SHARED_RUN_FOLDER ? READABLE : PRIVATE
}

function append(file: number, line: object): void {
  write(file, `${JSON.stringify(line)}\n`)
}

/** All of a text behind what is there, on the disk, or nothing. */
function write(file: number, text: string): void {
  const bytes = Buffer.from(text)
  const end = fstatSync(file).size
  if (end + bytes.length > MAX_JOURNAL) throw new Error(`it would have more than ${MAX_JOURNAL} bytes`)
  try {
    for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done)
    fdatasyncSync(file)
  } catch (thrown) {
    ftruncateSync(file, end)
    throw thrown
  }
}
