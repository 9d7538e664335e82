import {
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  fchownSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { asError, ConfigError } from '../../core/api/errors.js'
import { decodeText } from './decode-text.js'

/** Only the owner may read and write. */
const OWNER_ONLY = 0o600

/** What the system says where a file system knows no second names of files, as that of an USB stick. link(2) */
const NO_LINKS = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']

/** A file that is to be. */
export interface NewFile {
  readonly path: string
  readonly text: string
}

/**
 * Writes new files that only their owner can read: all or none. An existing file is never overwritten.
 *
 * @throws ConfigError if one cannot be written.
 */
export function createFiles(files: readonly NewFile[]): void {
  const written: string[] = []
  for (const { path, text } of files) {
    try {
      writeFileSync(path, text, { mode: OWNER_ONLY, flag: 'wx', flush: true })
      written.push(path)
    } catch (thrown) {
      // A file that was there before is not ours to remove; one on a disk that is full is there, and is not whole.
      const ours = (thrown as NodeJS.ErrnoException).code === 'EEXIST' ? written : [...written, path]
      for (const path of ours) rmSync(path, { force: true })
      throw refusal(path, thrown)
    }
  }
}

/**
 * Puts a text in place of a file's, which `was` another one, with the mode and the owner that the file has: at
 * once, so that a reader sees the old text or the new one. Only one at a time may do so. `also` are new files that
 * are there exactly if that succeeds: a process that is killed may leave their drafts, none of them without what the file says of it.
 * `most` are the permissions that the file keeps.
 *
 * @throws ConfigError if that fails; then the file is as before.
 */
export function replaceFile(
  path: string,
  was: string,
  text: string,
  { also = [], most = 0o777 }: { readonly also?: readonly NewFile[]; readonly most?: number } = {},
): void {
  for (const { path } of also) if (existsSync(path)) throw refusal(path, isThere(path))
  const drafts = also.map((file) => ({ path: draftBeside(file.path), text: file.text }))
  createFiles(drafts)
  let next: string | undefined
  try {
    const target = realpathSync(path)
    const { mode, uid, gid } = statSync(target)
    const beside = draftBeside(target)
    if (existsSync(beside))
      throw new Error(`${beside} is there: another process is changing it, or was killed while it did`)
    // Whoever may write in the folder could change the name's meaning meanwhile.
    const file = openSync(beside, 'wx', OWNER_ONLY)
    next = beside
    try {
      if (decodeText(readFileSync(target)).text !== was) throw new Error('it was changed in the meantime')
      writeFileSync(file, text)
      fsyncSync(file)
      fchownSync(file, uid, gid)
      fchmodSync(file, mode & most)
    } finally {
      closeSync(file)
    }
    renameSync(next, target)
    syncFolder(dirname(target))
  } catch (thrown) {
    for (const made of [...drafts.map((draft) => draft.path), ...(next === undefined ? [] : [next])]) {
      rmSync(made, { force: true })
    }
    throw refusal(path, thrown)
  }
  const named: string[] = []
  try {
    for (const { path } of also) {
      nameDraft(path)
      named.push(path)
    }
  } catch (thrown) {
    for (const made of [...named, ...drafts.map((draft) => draft.path)]) rmSync(made, { force: true })
    replaceFile(path, text, was)
    throw refusal(also[named.length]!.path, thrown)
  }
}

/** Gives a draft the name of its file, which no other file has. */
function nameDraft(path: string): void {
  const draft = draftBeside(path)
  try {
    linkSync(draft, path)
    rmSync(draft)
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException
    if (!NO_LINKS.includes(code ?? '')) throw thrown
    if (existsSync(path)) throw isThere(path)
    renameSync(draft, path)
  }
  syncFolder(dirname(path))
}

/** Brings the names in a folder to the disk, if its file system can: the files are in their places. */
function syncFolder(folder: string): void {
  const opened = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY)
  try {
    fsyncSync(opened)
  } catch {
    // as with some that a network carries
  } finally {
    closeSync(opened)
  }
}

function isThere(path: string): Error {
  return new Error(`EEXIST: file already exists, '${path}'`)
}

/** Where the text that is to replace a file's is written: under a name that people give to nothing of theirs. */
export function draftBeside(target: string): string {
  return `${target}.qanat-draft`
}

function refusal(path: string, thrown: unknown): ConfigError {
  return new ConfigError(`Cannot write ${path}: ${asError(thrown).message}`, {
    code: 'ERR_CONFIG_VALUE',
    cause: thrown,
  })
}
