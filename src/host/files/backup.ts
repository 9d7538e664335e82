import { randomBytes } from 'node:crypto'
import {
  closeSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join, normalize } from 'node:path'
import { WRITE_BY_OTHERS } from '../../core/settings/permissions.js'
import { namedStateFolder, STATE_FOLDER } from '../../core/settings/run-files.js'
import { readBounded } from '../../native/files/read-bounded.js'
import { syncFolder } from './sync-folder.js'

/** Random bytes in a backup's name. */
const RANDOM = 4
/** Names of backups: none but these are ever read or removed. */
const BACKUP = /^resolv\.conf\.[a-z0-9_.=+-]{1,15}\.[0-9a-f]{8}$/i
/** Bytes of a backup. */
const MAX_BACKUP = 2 ** 20

/** A name for the backup of the file that a tunnel is about to write. */
export function newBackupName(device: string): string {
  return `resolv.conf.${device}.${randomBytes(RANDOM).toString('hex')}`
}

/** Whether a text is the name of a backup. */
export function isBackupName(name: unknown): name is string {
  return typeof name === 'string' && BACKUP.test(name)
}

/** Where a backup is. */
export function backupPath(name: string): string {
  return join(namedStateFolder(process.env) ?? STATE_FOLDER, name)
}

/** Writes a text to the disk: a file of that name is there with all of it, or not at all. Throws if it cannot. */
export function backUp(name: string, text: string): void {
  const path = backupPath(name)
  const folder = dirname(path)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  removeSpent(folder)
  const draft = draftOf(path)
  try {
    const file = openSync(draft, 'wx', 0o600)
    try {
      writeFileSync(file, text)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    renameSync(draft, path)
    syncFolder(folder)
    syncFolder(dirname(folder))
  } catch (thrown) {
    rmSync(draft, { force: true })
    throw thrown
  }
}

/**
 * The text of the backup at `path`. Throws if it is not root's or this user's own, or others may write it or its folder:
 * whoever may, would choose what root writes.
 */
export function readBackup(path: string): string {
  if (!isBackupName(basename(path)) || normalize(path) !== path) throw new Error(`${path} is no backup`)
  checkOwner(lstatSync(dirname(path)), dirname(path))
  const file = readBounded(path, MAX_BACKUP)
  if (file === undefined || file.text === '') throw new Error(`${path} is no backup`)
  checkOwner(file, path)
  return file.text
}

/** Removes what is no longer needed. Throws if it is there and cannot be removed. */
export function removeBackup(path: string): void {
  for (const file of [path, draftOf(path)]) rmSync(file, { force: true })
}

function checkOwner({ uid, mode }: { uid: number; mode: number }, path: string): void {
  if (uid !== 0 && uid !== process.getuid?.()) throw new Error(`${path} belongs to user ${uid}`)
  if ((mode & WRITE_BY_OTHERS) !== 0) throw new Error(`others may write ${path}`)
}

/** A file that is being written. */
function draftOf(path: string): string {
  return join(dirname(path), `.${basename(path)}`)
}

/** Removes backups that a tunnel emptied which had dropped root by then: it may not remove them. */
function removeSpent(folder: string): void {
  for (const name of readdirSync(folder).filter(isBackupName)) {
    const path = join(folder, name)
    if (statSync(path).size === 0) rmSync(path, { force: true })
  }
}
