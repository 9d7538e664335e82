import { WRITE_BY_OTHERS } from '../../core/settings/permissions.js'
import { modeOf, type Step } from './way.js'

/** Permissions. inode(7) */
const GROUP = 0o070
const OTHERS = 0o007

/** Who besides its owner may read a file with a key. */
export interface Readers {
  /** Groups of the process and of the user that it goes on as. */
  readonly groups: readonly number[]
  /** Whether anybody may. */
  readonly anybody: boolean
}

/** Why a file must not hold a key, with the remedy; undefined if it may. */
export function exposureOf(file: Step, readers: Readers): string | undefined {
  const { gid, mode, path } = file
  if ((mode & WRITE_BY_OTHERS) !== 0) {
    return `its mode is ${modeOf(file)}, so others may change its keys; run "chmod go-w ${path}"`
  }
  const foreign = readers.groups.includes(gid) ? OTHERS : GROUP | OTHERS
  if (readers.anybody || (mode & foreign) === 0) return undefined
  return `its mode is ${modeOf(file)}, so others may read its keys, too; run "chmod 600 ${path}"`
}
