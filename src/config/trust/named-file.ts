import { asError, ConfigError } from '../../core/api/errors.js'
import type { Admission } from './place.js'
import type { FileRead, ReadFile } from './read-file.js'
import { exposureOf } from './readers.js'
import { endOf } from './way.js'

/** Permission to read for anybody. inode(7) */
const READ_BY_ALL = 0o004

/**
 * The key in a file that a configuration names.
 *
 * @throws ConfigError if it cannot be read, or the wrong ones can read or change it, too.
 */
export function readKey(path: string, admission: Admission, read: ReadFile): string {
  return new TextDecoder().decode(readKeyBytes(path, admission, read)).trim()
}

/** The same with all of its bytes. */
export function readKeyBytes(path: string, admission: Admission, read: ReadFile): Uint8Array {
  try {
    const file = readNamed(path, admission, read)
    const why = exposureOf(endOf(file.way), admission.readers)
    if (why !== undefined) throw new Error(why)
    return file.bytes
  } catch (thrown) {
    throw new ConfigError(`Cannot read key file ${path}: ${asError(thrown).message}`, {
      code: 'ERR_CONFIG_VALUE',
      cause: thrown,
    })
  }
}

/** The bytes of a file that a configuration names. Throws an Error if it cannot be read. */
export function readBytes(path: string, admission: Admission, read: ReadFile): Uint8Array {
  return readNamed(path, admission, read).bytes
}

/** Root reads nothing for another user that this user cannot read. */
function readNamed(path: string, { author }: Admission, read: ReadFile): FileRead {
  const file = read(path)
  const { mode, uid } = endOf(file.way)
  if (author === undefined || author === uid || (mode & READ_BY_ALL) !== 0) return file
  const who = author === 'anybody' ? 'somebody' : `user ${author}`
  throw new Error(`it belongs to user ${uid}, and is named by ${who}, who may not read it`)
}
