import type { HookProcess } from './programs/hook-process.js'
import type { Change } from './record/change.js'
import type { Journal } from './record/journal.js'
import { withNetworkLock } from './routing/network-lock.js'
import { type UndoParts, undoAll } from './undo.js'

/**
 * Has WireGuard's tools answered about a device, with its mark as far as that is noted. Resolves with what ends that.
 */
export type AnswerTools = (device: string, mark: number | undefined) => Promise<() => Promise<void>>

/** What undoing takes besides the journal, which knows what other tunnels changed. */
export interface UndoNotedParts extends Omit<UndoParts, 'others' | 'believedOthers' | 'journal'> {
  /** Answers while PreDown runs, if the tunnel no longer does. */
  readonly answerTools?: AnswerTools | undefined
}

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
  { answerTools, ...others }: UndoNotedParts,
): Promise<Undone> {
  const parts = { ...others, noteHook: (hook?: HookProcess) => journal.noteHook(hook) }
  const hooks = (name: string) => changes.filter((change) => change.kind === 'hooks' && change.name === name)
  await runPreDown(journal, hooks('PreDown'), { ...parts, answerTools })
  const shared = changes.filter(({ kind }) => kind !== 'hooks')
  const failed =
    shared.length === 0
      ? []
      : (await withNetworkLock(parts, () => undoAndStrikeOut(journal, shared, parts))).failed
  await undoAll(hooks('PostDown'), parts)
  return { failed, isWritten: strikeOut(journal, changes, failed) }
}

async function runPreDown(
  { changes }: Journal,
  hooks: readonly Change[],
  { answerTools, ...parts }: UndoNotedParts,
): Promise<void> {
  const hook = hooks.find((change) => change.kind === 'hooks')
  const asks = hook !== undefined && parts.hooks.preDown.length > 0
  const end = asks ? await answerTools?.(hook.device, markIn(changes)) : undefined
  try {
    await undoAll(hooks, parts)
  } finally {
    await end?.()
  }
}

/** The mark of what carried the tunnel: a free one is noted as such, one of the file with the rules that it is in. */
function markIn(changes: readonly Change[]): number | undefined {
  const marked = changes.filter((change) => change.kind === 'mark' || change.kind === 'rule')
  return (marked.find(({ kind }) => kind === 'mark') ?? marked[0])?.mark
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

/** Undoes what a killed process left, and its successor has not made the same way, and forgets all of it. */
export async function undoReplaced(
  journal: Journal,
  inherited: readonly Change[],
  parts: UndoParts,
): Promise<void> {
  if (inherited.length === 0) return
  const own = journal.changes.filter((change) => !inherited.includes(change))
  const replaced = (change: Change) => own.some((other) => JSON.stringify(other) === JSON.stringify(change))
  const failed = await undoAll(
    inherited.filter((change) => !replaced(change)),
    parts,
  )
  journal.settle([...failed, ...own])
}

/** Whether the journal says so by now. */
function strikeOut(journal: Journal, undone: readonly Change[], but: readonly Change[]): boolean {
  return journal.settle(journal.changes.filter((change) => !undone.includes(change) || but.includes(change)))
}
