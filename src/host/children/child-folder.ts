import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, isAbsolute } from 'node:path'
import { hasCode } from '../../core/api/errors.js'
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
const { O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants

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
  makeIfMissing(folder)
  // Another program of that user may run in it and change names; an open folder stays the same.
  withOpen(folder, O_DIRECTORY | (user === undefined ? 0 : O_NOFOLLOW), (descriptor) => {
    const owner = fstatSync(descriptor).uid
    if (user !== undefined) checkMayTake(folder, descriptor, user)
    fchmodSync(descriptor, PRIVATE)
    for (const [name, bytes] of Object.entries(files)) writeNew(descriptor, name, bytes, user)
    if (user === undefined || owner === user) return
    giveAllIn(descriptor, user)
    fchownSync(descriptor, user, user)
  })
}

function checkMayTake(folder: string, descriptor: number, user: number): void {
  for (let parent = dirname(folder); ; parent = dirname(parent)) {
    const isOpen = (statSync(parent).mode & ENTER_BY_OTHERS) !== 0
    if (!isOpen) throw new Error(`the folder ${parent} keeps users of their own out of ${folder}`)
    if (parent === '/') break
  }
  const { mode, uid } = fstatSync(descriptor)
  const isOurs = isChildUser(uid) && (mode & 0o777) === PRIVATE
  if (!isOurs && readdirSync(pathOf(descriptor)).length > 0) {
    throw new Error(`the folder ${folder} is user ${uid}'s; name one that is empty or not there`)
  }
  if (isOurs && uid !== user && hasPrograms(uid))
    throw new Error(`the folder ${folder} is in use by user ${uid}; name another one`)
}

/** Folders on the way that are missing; whatever this process's umask is, programs get through. */
function makeWay(folder: string): void {
  if (existsSync(folder)) return
  makeWay(dirname(folder))
  mkdirSync(folder)
  chmodSync(folder, PASSABLE)
}

function makeIfMissing(folder: string): void {
  try {
    mkdirSync(folder, { mode: PRIVATE })
  } catch (thrown) {
    if (!hasCode(thrown, ['EEXIST'])) throw thrown
  }
}

/** In the place of what has that name, also if that is a link. */
function writeNew(folder: number, name: string, bytes: Uint8Array, user: number | undefined): void {
  if (!PLAIN_NAME.test(name)) throw new Error(`'${name}' is no plain name of a file`)
  const path = pathOf(folder, name)
  rmSync(path, { force: true })
  const file = openSync(path, 'wx', PRIVATE_FILE)
  try {
    writeFileSync(file, bytes)
    if (user !== undefined) fchownSync(file, user, user)
  } finally {
    closeSync(file)
  }
}

/**
 * All that was another run's. What a link leads to is not, and a file of somebody else's has one more name here at most. Links
 * and sockets stay as they are: whoever has the folder can remove them. No program of the owner's runs meanwhile.
 */
function giveAllIn(folder: number, user: number): void {
  for (const name of readdirSync(pathOf(folder))) {
    try {
      withOpen(pathOf(folder, name), O_NOFOLLOW | O_NONBLOCK, (entry) => {
        const about = fstatSync(entry)
        if (about.isDirectory()) giveAllIn(entry, user)
        if (isChildUser(about.uid)) fchownSync(entry, user, user)
      })
    } catch (thrown) {
      if (!hasCode(thrown, ['ELOOP', 'ENXIO'])) throw thrown // a link, or a socket
    }
  }
}

function withOpen(path: string, flags: number, use: (descriptor: number) => void): void {
  const descriptor = openSync(path, O_RDONLY | flags)
  try {
    use(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

/** The folder that is open, wherever it is by now, or what is in it. proc_pid_fd(5) */
function pathOf(folder: number, name = ''): string {
  return `/proc/self/fd/${folder}/${name}`
}
