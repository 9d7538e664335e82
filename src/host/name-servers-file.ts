import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { asError, HostError } from '../core/api/errors.js'
import type { Logger } from '../core/api/logger.js'
import type { DnsSettings } from '../core/settings/host-settings.js'
import { backUp, backupPath, newBackupName, readBackup, removeBackup } from './files/backup.js'
import { isCut } from './files/cut-text.js'
import { whyUnwritable } from './files/unwritable.js'
import { isRunning, type Was, writerOf, writtenBy } from './files/written-by.js'
import type { Change } from './record/change.js'
import type { Journal } from './record/journal.js'

type NameServersChange = Extract<Change, { kind: 'name-servers' }>

/** Tunnels that one after another wrote over each other's name servers and were all forgotten. */
const MAX_FORGOTTEN = 16

/** Files that this process changed and their backups, by path: it may have dropped the privileges to open them again. */
const opened = new Map<string, number>()

/**
 * Writes whom the host asks into a file in the format of resolv.conf(5). It is written in its place: in a container
 * it is a mount that cannot be replaced, and elsewhere a link that has to stay one. What was there before is on the disk
 * by then, for the start after a power cut, which the journal does not outlive.
 *
 * @throws HostError if it cannot be written; it is as before then.
 */
export function changeNameServers(
  path: string,
  device: string,
  dns: DnsSettings,
  journal: Journal,
  log: Logger,
): void {
  writeOver(path, noteAndKeep(beforeAll(read(path), journal), device, dns, journal, log))
}

/**
 * Writes ours again if another program, such as a DHCP client, wrote the file meanwhile: what that wrote is restored in
 * the end. The text of another tunnel that runs stays, and what is to be restored after that is restored after ours, too.
 *
 * @returns Whether it was written again.
 * @throws HostError if it cannot be written.
 */
export function rewriteNameServers(path: string, journal: Journal, log: Logger): boolean {
  const ours = journal.changes.findLast(isNameServers)
  const now = read(path)
  if (ours === undefined || now === ours.after) return false
  const other = otherBehind(now, journal)
  if (other !== undefined) noteAnew(ours, other.before, journal, log)
  const writer = writerOf(now ?? '')
  if (other !== undefined || (writer !== undefined && writer.pid !== process.pid && isRunning(writer)))
    return false
  const isTheirs = now !== null && writer === undefined && !isOurs(now, ours.before, ours.after)
  if (isTheirs) noteAnew(ours, now, journal, log)
  writeOver(path, ours.after)
  return true
}

/** What is restored in place of a text that this tunnel wrote is another one from now on. */
function noteAnew(ours: NameServersChange, before: string | null, journal: Journal, log: Logger): void {
  if (before === ours.before) return
  journal.note({ ...ours, before })
  journal.settle(journal.changes.filter((change) => change !== ours))
  if (ours.backup === undefined || before === null) return
  try {
    backUp(ours.backup, before)
  } catch (thrown) {
    tellNoBackup(backupPath(ours.backup), thrown, log)
  }
}

/** Leaves it open, to be written by whoever this process becomes. */
function writeOver(path: string, text: string): void {
  try {
    const file = openOrOpened(path)
    if (file !== opened.get(path)) {
      close(path)
      opened.set(path, file)
    }
    overwrite(file, text)
  } catch (thrown) {
    const why = whyUnwritable(path, thrown as NodeJS.ErrnoException)
    throw new HostError(`Cannot write the name servers to ${path}: ${why}`, {
      code: 'ERR_HOST_CHANGE',
      cause: thrown,
    })
  }
}

function openOrOpened(path: string): number {
  try {
    return openSync(path, constants.O_RDWR | constants.O_CREAT, 0o644)
  } catch (thrown) {
    const own = opened.get(path)
    if (own === undefined || !isStill(own, path)) throw thrown
    return own
  }
}

/** Whether an open file is the one at a path, and not one that was replaced. */
function isStill(file: number, path: string): boolean {
  const [one, other] = [fstatSync(file), statSync(path, { throwIfNoEntry: false })]
  return one.dev === other?.dev && one.ino === other.ino
}

/**
 * Restores the file, unless somebody else wrote it meanwhile. If another tunnel of `others` changed it too, the file gets
 * what that tunnel wrote. Throws if it cannot; then it may be tried again.
 */
export function restoreNameServers(
  path: string,
  change: NameServersChange,
  others: readonly Change[],
  log: Logger,
): void {
  const { before, after, backup } = change
  const now = read(path)
  const tunnels = others.filter(isNameServers)
  const wanted = tunnels.length > 0 ? tunnels.at(-1)!.after : before
  if (now !== wanted && !tunnels.some((other) => other.after === now)) {
    const ours = opened.get(path)
    if (now !== before && !isOurs(now, before, after)) {
      log.warn('the name server file was changed by another program; leaving it as it is', { path })
    } else if (wanted === null) remove(path, ours)
    else writeBack(path, ours, wanted)
  }
  close(path)
  if (backup !== undefined) discard(backupPath(backup), path)
}

/**
 * Restores what tunnels overwrote that no journal knows any more, as after a power cut: the first line tells. A tunnel
 * that runs is left alone.
 *
 * @returns Whether there was such a tunnel.
 */
export function restoreForgottenNameServers(path: string, log: Logger): boolean {
  for (let count = 0; count < MAX_FORGOTTEN; count++) {
    try {
      const writer = writerOf(read(path) ?? '')
      if (writer === undefined || isRunning(writer)) return count > 0
      restoreWas(path, writer.was)
    } catch (thrown) {
      log.warn('cannot restore the name servers', { path, why: asError(thrown).message })
      return count > 0
    }
    log.info('restored the name servers that a tunnel left changed', { path })
  }
  return true
}

function restoreWas(path: string, was: Was): void {
  if (was === 'unknown') throw new Error('nobody knows what was there before')
  if (was === 'missing') removeMissing(path)
  else writeBack(path, undefined, was === 'empty' ? '' : readBackup(was.backup))
  if (typeof was === 'object') removeBackup(was.backup)
}

/** What the file said before the first of the tunnels that changed it. */
function beforeAll(now: string | null, journal: Journal): string | null {
  const writer = otherBehind(now, journal)
  return writer === undefined ? now : writer.before
}

/** What another tunnel noted when it wrote this text; undefined if none did. */
function otherBehind(text: string | null, journal: Journal): NameServersChange | undefined {
  return journal
    .believedOthers()
    .filter(isNameServers)
    .find(({ after }) => after === text)
}

/** Notes the change and brings what was there before to the disk, in that order. Returns the text that is to be written. */
function noteAndKeep(
  before: string | null,
  device: string,
  dns: DnsSettings,
  journal: Journal,
  log: Logger,
): string {
  const note = (was: Was, more: { backup?: string } = {}) => {
    const after = textFor(writtenBy(device, was), dns)
    journal.note({ kind: 'name-servers', before, after, ...more })
    return after
  }
  if (before === null) return note('missing')
  if (before === '') return note('empty')
  const name = newBackupName(device)
  const backup = backupPath(name)
  const after = note({ backup }, { backup: name })
  try {
    backUp(name, before)
    opened.set(backup, openSync(backup, constants.O_RDWR))
    return after
  } catch (thrown) {
    tellNoBackup(backup, thrown, log)
    return note('unknown')
  }
}

function tellNoBackup(backup: string, thrown: unknown, log: Logger): void {
  const why = asError(thrown).message
  log.warn('cannot back up the name servers, which a power cut would lose', { backup, why })
}

function isNameServers(change: Change): change is NameServersChange {
  return change.kind === 'name-servers'
}

/** Removes a backup that `path` no longer needs; without write permission on its folder it stays, and is empty. */
function discard(backup: string, path: string): void {
  const was = writerOf(read(path) ?? '')?.was
  try {
    if (typeof was !== 'object' || was.backup !== backup) removeBackup(backup)
  } catch {
    const file = opened.get(backup)
    if (file !== undefined) ftruncateSync(file, 0)
  }
  close(backup)
}

function close(path: string): void {
  const file = opened.get(path)
  if (file !== undefined) closeSync(file)
  opened.delete(path)
}

/** Whether a tunnel wrote all of it, or was stopped in the midst of writing it or of putting it back. */
function isOurs(now: string | null, before: string | null, after: string): boolean {
  if (now === null) return false
  const [is, was, text] = [now, before ?? '', after].map((one) => Buffer.from(one)) as [
    Buffer,
    Buffer,
    Buffer,
  ]
  return isCut(is, was, text) || isCut(is, text, was) || after.startsWith(now)
}

function removeMissing(path: string): void {
  const file = openSync(path, constants.O_RDWR)
  try {
    remove(path, file)
  } finally {
    closeSync(file)
  }
}

/** A mount, and without write permission on its folder any file, stays and is empty. A link stays. */
function remove(path: string, file: number | undefined): void {
  try {
    rmSync(realpathSync(path))
  } catch (thrown) {
    if (file === undefined) throw thrown
    overwrite(file, '')
  }
}

/** By the descriptor if there is one and it still is the file. */
function writeBack(path: string, file: number | undefined, text: string): void {
  const own = file ?? openSync(path, constants.O_RDWR)
  try {
    overwrite(own, text)
  } finally {
    if (file === undefined) closeSync(own)
  }
}

function overwrite(file: number, text: string): void {
  const bytes = Buffer.from(text)
  for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done, undefined, done)
  ftruncateSync(file, bytes.length)
  fsyncSync(file)
}

function textFor(header: string, { servers, search }: DnsSettings): string {
  const lines = [header]
  if (search.length > 0) lines.push(`search ${search.join(' ')}`)
  return [...lines, ...servers.map((server) => `nameserver ${server}`), ''].join('\n')
}

/** Null if there is none. */
function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw new HostError(`Cannot read the name servers of ${path}: ${asError(thrown).message}`, {
      code: 'ERR_HOST_CHANGE',
      cause: thrown,
    })
  }
}
