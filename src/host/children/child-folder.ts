import {
  chmodSync,
  existsSync,
  lchownSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, isAbsolute, join } from 'node:path'
import { isChildUser } from '../record/change.js'
import { hasPrograms } from './child-user.js'

/** Only its owner enters it, and reads a file. */
const PRIVATE = 0o700
const PRIVATE_FILE = 0o600
/** Others may pass through it. */
const PASSABLE = 0o711
const PLAIN_NAME = /^\w[\w.-]*$/
/** Permission to enter a folder, for others than its owner and group. inode(7) */
const ENTER_BY_OTHERS = 0o001

/**
 * Makes the folder of a program, with these files, or gives one that another run made to this one's user; so it never takes
 * a folder that is somebody else's, or in use. Throws an Error if it is one, or cannot be had.
 */
export function prepareFolder(
  folder: string,
  user: number | undefined,
  files: Readonly<Record<string, Uint8Array>> = {},
): void {
  if (!isAbsolute(folder)) throw new Error(`the folder '${folder}' is no absolute path`)
  makeWay(dirname(folder))
  const isNew = makeIfMissing(folder)
  if (user !== undefined) checkMayTake(folder, isNew, user)
  chmodSync(folder, PRIVATE)
  for (const [name, bytes] of Object.entries(files)) writeNew(folder, name, bytes)
  if (user !== undefined) give(folder, user)
}

function checkMayTake(folder: string, isNew: boolean, user: number): void {
  for (let parent = dirname(folder); ; parent = dirname(parent)) {
    const isOpen = (statSync(parent).mode & ENTER_BY_OTHERS) !== 0
    if (!isOpen) throw new Error(`the folder ${parent} keeps users of their own out of ${folder}`)
    if (parent === '/') break
  }
  const { mode, uid } = statSync(folder)
  const isOurs = isChildUser(uid) && (mode & 0o777) === PRIVATE
  if (!isNew && !isOurs && readdirSync(folder).length > 0) {
    throw new Error(`the folder ${folder} is user ${uid}'s; name one that is empty or not there`)
  }
  if (isOurs && uid !== user && hasPrograms(uid))
    throw new Error(`the folder ${folder} is in use by user ${uid}`)
}

/** Folders on the way that are missing; whatever this process's umask is, programs get through. */
function makeWay(folder: string): void {
  if (existsSync(folder)) return
  makeWay(dirname(folder))
  mkdirSync(folder)
  chmodSync(folder, PASSABLE)
}

/** In the place of what has that name, also if that is a link. */
function writeNew(folder: string, name: string, bytes: Uint8Array): void {
  if (!PLAIN_NAME.test(name)) throw new Error(`'${name}' is no plain name of a file`)
  const path = join(folder, name)
  rmSync(path, { force: true })
  writeFileSync(path, bytes, { flag: 'wx', mode: PRIVATE_FILE })
}

/** Whether it was missing. */
function makeIfMissing(folder: string): boolean {
  try {
    mkdirSync(folder, { mode: PRIVATE })
    return true
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'EEXIST') throw thrown
    return false
  }
}

/** With all in it, but for what links lead to. No program of its owner's runs meanwhile. */
function give(folder: string, user: number): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) give(path, user)
    else lchownSync(path, user, user)
  }
  lchownSync(folder, user, user)
}
