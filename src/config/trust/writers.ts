import { WRITE_BY_OTHERS } from '../../core/settings/permissions.js'
import type { Step, Way } from './way.js'

/** Permissions. inode(7) */
const STICKY = 0o1000

/** Who else can change what a path leads to. */
export interface Writers {
  /** The first folder or file that its group or anybody may write; undefined if there is none. */
  readonly open: Step | undefined
  /** What belongs to other users, who can change it whatever its mode is. */
  readonly owned: readonly Step[]
}

/**
 * Who can change what a way leads to, but for root and the `trusted` users.
 *
 * A folder counts as a file does: whoever may write it can put another file in place. In a sticky one, such as /tmp,
 * that takes the owner of the entry. A link cannot be changed, only replaced.
 */
export function writersOf(way: Way, trusted: ReadonlySet<number>): Writers {
  // Within a user namespace nobody there owns the system's folders. user_namespaces(7)
  const system = way[0].uid
  const isForeign = ({ kind, uid }: Step) =>
    uid !== 0 && !trusted.has(uid) && !(kind === 'folder' && uid === system)
  const owned: Step[] = []
  let open: Step | undefined
  for (const [index, step] of way.entries()) {
    if (step.kind === 'link') continue
    if (isForeign(step)) owned.push(step)
    if ((step.mode & WRITE_BY_OTHERS) === 0) continue
    const entry = way[index + 1]
    if (step.kind === 'file' || (step.mode & STICKY) === 0 || entry === undefined) open ??= step
    else if (entry.kind === 'link' && isForeign(entry)) owned.push(entry)
  }
  return { open, owned }
}
