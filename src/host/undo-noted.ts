import type { Change } from './record/change.js'
import type { Journal } from './record/journal.js'
import { withNetworkLock } from './routing/network-lock.js'
import { type UndoParts, undoAll } from './undo.js'

/** What undoing takes besides the journal, which knows what other tunnels changed. */
export type UndoNotedParts = Omit<UndoParts, 'others' | 'believedOthers' | 'journal'>

/** What came of undoing. */
interface Undone {
  /** What could not be undone, and stays in the journal. */
  readonly failed: readonly Change[]
  /** Whether the journal says so by now. */
  readonly isWritten: boolean
}

/**
 * Undoes some of what a journal notes, and strikes it out: PreDown, then the changes, then PostDown. What several tunnels
 * share is restored by the last of them, so no other one may be about to go while this one looks: the changes are
 * undone and struck out while no other tunnel of this network does either.
 */
export async function undoNoted(
  journal: Journal,
  changes: readonly Change[],
  parts: UndoNotedParts,
): Promise<Undone> {
  const hooks = (name: string) => changes.filter((change) => change.kind === 'hooks' && change.name === name)
  await undoAll(hooks('PreDown'), parts)
  const shared = changes.filter(({ kind }) => kind !== 'hooks')
  const failed =
    shared.length === 0
      ? []
      : (await withNetworkLock(parts, () => undoAndStrikeOut(journal, shared, parts))).failed
  await undoAll(hooks('PostDown'), parts)
  return { failed, isWritten: strikeOut(journal, changes, failed) }
}

/** The same for changes alone, within the network's lock. */
export async function undoAndStrikeOut(
  journal: Journal,
  changes: readonly Change[],
  parts: UndoNotedParts,
): Promise<Undone> {
  const others = () => journal.others()
  const believedOthers = () => journal.believedOthers()
  const failed = await undoAll(changes, { ...parts, others, believedOthers, journal: journal.path })
  return { failed, isWritten: strikeOut(journal, changes, failed) }
}

/** Whether the journal says so by now. */
function strikeOut(journal: Journal, undone: readonly Change[], but: readonly Change[]): boolean {
  return journal.settle(journal.changes.filter((change) => !undone.includes(change) || but.includes(change)))
}
