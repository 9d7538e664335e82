import { existsSync, mkdirSync, rmdirSync } from 'node:fs'
import { asError, HostError } from '../core/api/errors.js'
import { NAMESPACES_FOLDER } from './files/name-server-places.js'
import type { Journal } from './record/journal.js'

/** Why a folder stays: it is gone already, or somebody else has something there. rmdir(2) */
const NO_MATTER = ['ENOENT', 'ENOTEMPTY', 'EEXIST']

/**
 * Makes the folder of a namespace's own files, as far as it is not there.
 *
 * @throws HostError if it cannot be made.
 */
export function makeNamespaceFolder(name: string, journal: Journal): void {
  for (const path of [NAMESPACES_FOLDER, `${NAMESPACES_FOLDER}/${name}`]) {
    if (existsSync(path)) continue
    journal.note({ kind: 'folder', path })
    try {
      mkdirSync(path, { mode: 0o755 })
    } catch (thrown) {
      const why = asError(thrown).message
      throw new HostError(`Cannot make the folder ${path}: ${why}`, {
        code: 'ERR_HOST_CHANGE',
        cause: thrown,
      })
    }
  }
}

/** Removes a folder that was made, unless something is in it. Throws if it cannot; then it may be tried again. */
export function removeFolder(path: string): void {
  try {
    rmdirSync(path)
  } catch (thrown) {
    if (!NO_MATTER.includes((thrown as NodeJS.ErrnoException).code ?? '')) throw thrown
  }
}
