import {
  chmodSync,
  chownSync,
  closeSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { asError, HostError } from '../../core/api/errors.js'
import { type Change, parseChange } from './change.js'

/** What the names of journals end with. */
const JOURNAL_ENDING = '.journal'

/** What a process that was killed left in a journal. */
export interface LeftBehind {
  /** The network namespace that it lived in. */
  readonly network: string
  readonly changes: readonly Change[]
}

/**
 * What a tunnel changed on its host, written to a file before each change, so that another process can undo it
 * where this one is killed. One line for each change; a truncated line is none, since its change was not made.
 */
export class Journal {
  readonly #path: string
  readonly #changes: Change[]
  /** Open from the first change to the end: a process that dropped root can still empty the file. */
  #file: number | undefined

  /** `inherited` are changes of a process that was killed, which stand. */
  constructor(path: string, inherited: readonly Change[] = []) {
    this.#path = path
    this.#changes = [...inherited]
  }

  /** What is noted, in its order. */
  get changes(): readonly Change[] {
    return this.#changes
  }

  /** What other tunnels changed on this host, as far as their journals are beside this one. */
  others(): Change[] {
    const folder = dirname(this.#path)
    return journalsIn(folder)
      .filter((path) => path !== this.#path)
      .map(readJournal)
      .filter((other) => other?.network === ownNetwork())
      .flatMap((other) => other?.changes ?? [])
  }

  /**
   * Notes a change that is about to be made.
   *
   * @throws HostError ERR_JOURNAL if it cannot be written; then the change must not be made.
   */
  note(change: Change): void {
    try {
      this.#file ??= create(this.#path, this.#changes)
      append(this.#file, change)
    } catch (thrown) {
      throw new HostError(`Cannot record changes in ${this.#path}: ${asError(thrown).message}`, {
        code: 'ERR_JOURNAL',
        cause: thrown,
      })
    }
    this.#changes.push(change)
  }

  /** Strikes out what was undone; what is `left` can still be undone by another process. */
  settle(left: readonly Change[]): void {
    this.#changes.splice(0, Infinity, ...left)
    if (left.length === 0) {
      this.#remove()
      return
    }
    this.#file ??= create(this.#path, [])
    ftruncateSync(this.#file, 0)
    writeAll(this.#file, left)
  }

  #remove(): void {
    if (this.#file !== undefined) {
      ftruncateSync(this.#file, 0)
      closeSync(this.#file)
      this.#file = undefined
    }
    try {
      rmSync(this.#path, { force: true })
    } catch {
      // without write permission on its folder the file stays, and is empty
    }
  }
}

/** What the journal at `path` tells; undefined if there is none, or nothing in it. */
export function readJournal(path: string): LeftBehind | undefined {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
  const [header, ...lines] = text.split('\n')
  const changes = lines.map(parseChange).filter((change) => change !== undefined)
  return changes.length === 0 ? undefined : { network: header!, changes }
}

function journalsIn(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith(JOURNAL_ENDING))
      .map((name) => join(folder, name))
  } catch {
    return []
  }
}

/** The network namespace of this process, as the kernel names it. */
export function ownNetwork(): string {
  return readlinkSync('/proc/self/ns/net')
}

function create(path: string, changes: readonly Change[]): number {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const file = openSync(path, 'w', 0o600)
  try {
    chmodSync(path, 0o600)
    chownSync(path, process.getuid!(), process.getgid!()) // it may be one that a tunnel left which dropped root
    writeAll(file, changes)
    return file
  } catch (thrown) {
    closeSync(file)
    rmSync(path, { force: true })
    throw thrown
  }
}

function writeAll(file: number, changes: readonly Change[]): void {
  write(file, `${ownNetwork()}\n`)
  for (const change of changes) append(file, change)
}

function append(file: number, change: Change): void {
  write(file, `${JSON.stringify(change)}\n`)
}

/** All of a text behind what is there, or nothing. */
function write(file: number, text: string): void {
  const bytes = Buffer.from(text)
  const end = fstatSync(file).size
  try {
    for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done, undefined, end + done)
  } catch (thrown) {
    ftruncateSync(file, end)
    throw thrown
  }
}
