import {
  closeSync,
  existsSync,
  fchmodSync,
  fchownSync,
  fsyncSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { asError, ConfigError } from '../../core/api/errors.js'
import { decodeText } from './decode-text.js'

/** Only the owner may read and write. */
const OWNER_ONLY = 0o600

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
 * are there exactly if that succeeds; `most` are the permissions that the file keeps.
 *
 * @throws ConfigError if that fails; then the file is as before.
 */
export function replaceFile(
  path: string,
  was: string,
  text: string,
  { also = [], most = 0o777 }: { readonly also?: readonly NewFile[]; readonly most?: number } = {},
): void {
  createFiles(also)
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
  } catch (thrown) {
    for (const made of [...also.map((file) => file.path), ...(next === undefined ? [] : [next])]) {
      rmSync(made, { force: true })
    }
    throw refusal(path, thrown)
  }
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
