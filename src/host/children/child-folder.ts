import { chmodSync, lchownSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import { dirname, isAbsolute, join } from 'node:path'
import { isChildUser } from '../record/change.js'

/** Only its owner enters it. */
const PRIVATE = 0o700
/** Permission to enter a folder, for others than its owner and group. inode(7) */
const ENTER_BY_OTHERS = 0o001

/**
 * Makes the folder of a program, or gives one that another run made to this one's user; so it never takes a folder that is
 * somebody else's. Throws an Error if it is one, or cannot be had.
 */
export function prepareFolder(folder: string, user: number | undefined): void {
  if (!isAbsolute(folder)) throw new Error(`the folder '${folder}' is no absolute path`)
  mkdirSync(dirname(folder), { recursive: true })
  const isNew = makeIfMissing(folder)
  if (user === undefined) {
    chmodSync(folder, PRIVATE)
    return
  }
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
  chmodSync(folder, PRIVATE)
  give(folder, user)
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
