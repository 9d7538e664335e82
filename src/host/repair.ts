import { existsSync, rmSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import { asError, HostError } from '../core/api/errors.js'
import type { Logger } from '../core/api/logger.js'
import { about, NamedNamespace, namespaceAtHand } from '../native/process/namespace-scope.js'
import { bootId, type NetworkNamespace, ownNamespace } from '../native/process/network-namespace.js'
import { nameServersFile } from './files/name-server-places.js'
import { restoreForgottenNameServers } from './name-servers-file.js'
import { endHook } from './programs/hook-process.js'
import type { Change } from './record/change.js'
import { changeText } from './record/change-text.js'
import { formerPath, isSame, Journal, type LeftBehind, readJournal } from './record/journal.js'
import { type UndoNotedParts, undoNoted } from './undo-noted.js'

/** What is done, and what is to be done later. */
interface Repaired {
  /** How much there was to be restored. */
  readonly repaired: number
  readonly staying: readonly Change[]
  /** What could not be undone; the log tells why, and the journal keeps it. */
  readonly failed: readonly Change[]
  /** Whether that, and what stays, is in the namespace at hand. */
  readonly isHere: boolean
}

/** Whether a change is to stay, in the network namespace of that name or, without one, of the process. */
type Stays = (change: Change, namespace: string | undefined) => boolean

/** A journal, and what it tells. */
interface ReadJournal {
  readonly file: string
  readonly left: LeftBehind | undefined
}

/**
 * Undoes what the journal at `path` says that a process which was killed left on this host. To be called while no
 * process runs that tunnel, whose file says what `hooks` are. What was undone already, or changed by somebody else meanwhile, stays as it is.
 * What was changed in a network namespace with a name is undone there, whichever is at hand.
 *
 * @returns How many changes there were; 0 if nothing was left.
 * @throws HostError ERR_HOST_CHANGE if some of it cannot be undone; the log tells what, and the journal keeps it.
 */
export async function repair(path: string, parts: UndoNotedParts): Promise<number> {
  const { failed, repaired } = await repairExcept(path, parts, () => false)
  if (failed.length > 0) throw notRestored(path, failed)
  return repaired
}

/** What may do more than this process; nothing, if that is root's. */
const asRoot = () => (process.geteuid?.() === 0 ? '' : 'try again as root')

/** That some of a host could not be restored, and what to do about it. */
export function notRestored(path: string, failed: readonly Change[], remedy = asRoot()): HostError {
  const rest = remedy === '' ? '' : `; ${remedy}`
  const forgets = "'qanat down --force FILE' forgets it"
  return new HostError(
    `Cannot restore ${failed.map(changeText).join(', ')}: the lines above tell why; ${path} keeps it, ${forgets}${rest}`,
    { code: 'ERR_HOST_CHANGE' },
  )
}

/** The same but for changes that are to stay, which the journal keeps, and without an error. */
export async function repairExcept(path: string, parts: UndoNotedParts, stays: Stays): Promise<Repaired> {
  const done = await repairJournals(path, parts, stays)
  const forgotten = restoreForgottenNameServers(parts.resolvConf ?? nameServersFile(), parts.log)
  return forgotten ? { ...done, repaired: done.repaired + 1 } : done
}

async function repairJournals(path: string, parts: UndoNotedParts, stays: Stays): Promise<Repaired> {
  const here = namespaceAtHand()
  const name = existsSync(path) ? readJournal(path)?.namespace.name : undefined
  if (name === here?.name) return repairHere(path, parts, stays)
  let namespace: NamedNamespace | undefined
  try {
    namespace = name === undefined ? undefined : openIfThere(name)
  } catch (thrown) {
    parts.log.warn(asError(thrown).message)
    return { repaired: 0, staying: [], failed: changesLeft(path), isHere: false }
  }
  const resolvConf = parts.resolvConf ?? nameServersFile(name)
  try {
    const done = await about(namespace, () => repairHere(path, { ...parts, resolvConf }, stays))
    return { ...done, isHere: false }
  } finally {
    namespace?.close()
  }
}

async function repairHere(path: string, parts: UndoNotedParts, stays: Stays): Promise<Repaired> {
  const { log } = parts
  const own = ownNamespace()
  const former = formerPath(path)
  const reachable = [...new Set([former, path])]
    .filter((file) => existsSync(file))
    .map((file) => ({ file, left: readJournal(file) }))
    .filter(({ left }) => isOwnOrGone(left, own))
  if (reachable.length === 0) return { repaired: 0, staying: [], failed: [], isHere: true }
  // What it still did would stay after the host is restored.
  for (const { left } of reachable) {
    if (left?.hook !== undefined) await endHook(left.hook, log, parts.clock)
  }
  const changes = reachable.flatMap((one) => changesIn(one, own, log))
  const run = reachable.findLast(({ left }) => left?.run !== undefined)?.left?.run
  const journal = new Journal(path, changes, run)
  if (changes.length > 0) {
    log.info('restoring the host after a tunnel that was killed', { changes: changes.length })
  }
  const { name } = own
  const staying = changes.filter((change) => stays(change, name))
  const leaving = changes.filter((change) => !staying.includes(change))
  const { failed, isWritten } = await undoNoted(journal, leaving, parts)
  if (isWritten && former !== path && reachable.some(({ file }) => file === former))
    rmSync(former, { force: true })
  return { repaired: leaving.length, staying, failed, isHere: true }
}

/**
 * Strikes out of the journal at `path` what cannot be undone.
 *
 * @throws HostError ERR_JOURNAL if that cannot be written.
 */
export function forget(path: string, changes: readonly Change[]): void {
  const journal = new Journal(path, changesLeft(path), readJournal(path)?.run)
  const isForgotten = (change: Change) => changes.some((one) => isDeepStrictEqual(one, change))
  if (journal.settle(journal.changes.filter((change) => !isForgotten(change)))) return
  throw new HostError(`Cannot write the journal ${path}`, { code: 'ERR_JOURNAL' })
}

/** What a repair of the journal at `path` would undo, and of the one that an older program kept. */
export function changesLeft(path: string): Change[] {
  return [...new Set([formerPath(path), path])].flatMap((one) => readJournal(one)?.changes ?? [])
}

/** Whether the packet filter that the journal at `path` notes is a kill switch. */
export function isKillSwitch(path: string): boolean {
  return readJournal(path)?.run?.killSwitch === true
}

/**
 * Removes journals of a tunnel that cannot be read: nobody knows what they noted.
 *
 * @returns Which ones.
 */
export function forgetUnreadable(path: string): string[] {
  return [...new Set([formerPath(path), path])].filter((file) => {
    try {
      readJournal(file)
      return false
    } catch {
      rmSync(file, { force: true })
      return true
    }
  })
}

/** Removes journals of an earlier start of the host, whose namespaces went with it. */
export function forgetEarlierBoots(journals: readonly string[]): void {
  for (const path of journals) {
    const boot = readJournal(path)?.namespace.boot
    if (boot !== undefined && boot !== bootId()) rmSync(path, { force: true })
  }
}

/** Whether there is nothing in another namespace that may still be there, and be restored from within. */
function isOwnOrGone(left: LeftBehind | undefined, own: NetworkNamespace): boolean {
  return left === undefined || left.namespace.name !== undefined || left.namespace.network === own.network
}

/** Files and groups of programs alone of a namespace that is gone: its rules and settings went with it. */
function changesIn({ file, left }: ReadJournal, own: NetworkNamespace, log: Logger): readonly Change[] {
  if (left === undefined) return []
  if (isSame(left.namespace, own)) return left.changes
  log.info('forgetting changes of a network namespace that is gone', { journal: file })
  const { name } = left.namespace
  return left.changes.filter(({ kind }) => kind === 'cgroup' || (name !== undefined && isOfFiles(kind)))
}

function isOfFiles(kind: Change['kind']): boolean {
  return kind === 'name-servers' || kind === 'folder'
}

/** Undefined if there is none any more. */
function openIfThere(name: string): NamedNamespace | undefined {
  try {
    return new NamedNamespace(name)
  } catch (thrown) {
    if (((thrown as Error).cause as NodeJS.ErrnoException | undefined)?.code !== 'ENOENT') throw thrown
    return undefined
  }
}
