import { WRITE_BY_OTHERS } from '../../core/settings/permissions.js'
import { modeOf, type Step } from './way.js'

/** A variable of the environment: 1 has keys taken from files that others may read. */
export const READABLE_KEYS_VARIABLE = 'QANAT_ALLOW_READABLE_KEYS'

/** Permissions. inode(7) */
const GROUP = 0o070
const OTHERS = 0o007

/** What anybody may do to a file with a key. */
export type Anybody = 'nothing' | 'read' | 'change'

/** Who besides its owner may read a file with a key. */
export interface Readers {
  /** Groups of the process and of the user that it goes on as. */
  readonly groups: readonly number[]
  /** What whoever runs the process lets anybody do. */
  readonly anybody: Anybody
  /** Files that were taken because of that, and what anybody may do to them. */
  readonly excused: Map<string, Anybody>
}

/** Why a file must not hold a key, with the remedy; undefined if it may. */
export function exposureOf(file: Step, readers: Readers): string | undefined {
  const { gid, mode, path } = file
  const { anybody, excused, groups } = readers
  if ((mode & WRITE_BY_OTHERS) !== 0) {
    if (anybody !== 'change') {
      return `its mode is ${modeOf(file)}, so others may change its keys; run "chmod go-w ${path}", or allow it by --allow-writable-files if no mode can be changed there`
    }
    excused.set(path, 'change')
    return undefined
  }
  const foreign = groups.includes(gid) ? OTHERS : GROUP | OTHERS
  if ((mode & foreign) === 0) return undefined
  if (anybody === 'nothing') {
    return `its mode is ${modeOf(file)}, so others may read its keys, too; run "chmod 600 ${path}", or allow it by --allow-readable-keys or ${READABLE_KEYS_VARIABLE}=1`
  }
  excused.set(path, 'read')
  return undefined
}

/** That keys were taken which others know or choose; empty if none were. */
export function remarkOn({ excused }: Readers): readonly string[] {
  if (excused.size === 0) return []
  const verb = [...excused.values()].includes('change') ? 'change' : 'read'
  return [`others may ${verb} the keys in ${[...excused.keys()].join(', ')}, which was allowed`]
}
