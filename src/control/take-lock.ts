import { randomUUID } from 'node:crypto'
import { linkSync, lstatSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { asError, ConfigError } from '../core/api/errors.js'
import { type Owner, runningOwner } from './lock-owner.js'
import { startOf } from './process-start.js'
import { realPath } from './real-path.js'

/** Times that a lock is looked at which others release or take over meanwhile. */
const ATTEMPTS = 5
/** Milliseconds between looks at the lock of a file that another process changes, and how many there are. */
const INTERVAL = 50
const LOOKS = 200
/** Stands between the name of a lock that a dead process left and what tells it apart, in the name of the turn to replace it. */
const AFTER = '.after-'
/** What `draftOf` puts behind the name of a lock. */
const DRAFT = /^\.(\d+)\.[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** Idempotent. */
export type Release = () => void

/** What this process writes into a lock of what lies at `path`. */
export function thisProcess(path: string): Owner {
  return { file: realPath(path), pid: process.pid, started: startOf(process.pid)! }
}

/**
 * Takes a lock, also one that a dead process left: a file that is there whole, or not at all. Throws if it cannot be written.
 *
 * @returns how to release it, or the process that holds it.
 */
export function takeLock(
  lock: string,
  owner: Owner,
): { readonly release: Release } | { readonly owner: Owner } {
  const own = JSON.stringify(owner)
  const draft = draftOf(lock)
  try {
    writeFileSync(draft, own, { mode: 0o600, flag: 'wx' })
    const holder = takeWith(draft, lock)
    return holder === undefined ? { release: () => release(lock, own) } : { owner: holder }
  } finally {
    rmSync(draft, { force: true })
  }
}

/**
 * Makes a lock a link of `draft`.
 *
 * @returns the process that holds it, or is about to; undefined if this one does now.
 */
function takeWith(draft: string, lock: string): Owner | undefined {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (linked(draft, lock)) return undefined
    const found = identityOf(lock)
    const holder = runningOwner(lock)
    if (holder !== undefined) return holder
    if (found === undefined) continue // it was released meanwhile
    const turn = `${lock}${AFTER}${found}`
    const other = takeWith(draft, turn)
    if (other !== undefined) return other
    if (replaced(draft, lock, found, turn)) return undefined
  }
  throw new Error(`other processes keep taking ${lock}`)
}

/**
 * Puts a link of `draft` in the place of a lock that a dead process left, if it is there still. Two that found it so could replace
 * one another's lock after it: so that is for the one who has the turn, a lock that is named after the one it replaces, and
 * is replaced in the same way if its owner dies. Whoever comes to have it later finds another lock.
 */
function replaced(draft: string, lock: string, found: string, turn: string): boolean {
  try {
    if (identityOf(lock) !== found) return false
    const link = draftOf(lock)
    linkSync(draft, link)
    renameSync(link, lock)
    return true
  } finally {
    rmSync(turn, { force: true })
  }
}

/** Tells a lock apart from all that have its name before and after; undefined if it is gone. */
function identityOf(lock: string): string | undefined {
  const about = lstatSync(lock, { bigint: true, throwIfNoEntry: false })
  return about && `${about.ino}-${about.mtimeNs}`
}

/**
 * Lets this process alone change a file, as long as others ask as well; waits 10 s for one that does so already.
 *
 * @throws ConfigError if it goes on, or no lock can be written beside the file.
 */
export async function lockFile(path: string): Promise<Release> {
  const lock = `${realPath(path)}.lock`
  try {
    for (let look = 1; ; look++) {
      const held = takeLock(lock, thisProcess(path))
      if ('release' in held) {
        sweep(lock)
        return held.release
      }
      if (look === LOOKS) throw new Error(`process ${held.owner.pid} is changing it`)
      await pause(INTERVAL)
    }
  } catch (thrown) {
    throw new ConfigError(`Cannot write ${path}: ${asError(thrown).message}`, {
      code: 'ERR_CONFIG_VALUE',
      cause: thrown,
    })
  }
}

/** A name that no other process chooses, and that tells who did. */
function draftOf(lock: string): string {
  return `${lock}.${process.pid}.${randomUUID()}`
}

/**
 * Removes what killed processes left beside a lock that this one holds: drafts, and turns to replace locks that are gone.
 * Whoever removed one before is as welcome.
 */
function sweep(lock: string): void {
  const name = basename(lock)
  for (const one of readdirSync(dirname(lock))) {
    if (one.startsWith(name) && isLeft(one.slice(name.length)))
      rmSync(join(dirname(lock), one), { force: true })
  }
}

function isLeft(ending: string): boolean {
  if (ending.startsWith(AFTER)) return true
  const [, pid] = DRAFT.exec(ending) ?? []
  return pid !== undefined && startOf(Number(pid)) === undefined
}

/** A link is there with its content, or not at all. */
function linked(draft: string, lock: string): boolean {
  try {
    linkSync(draft, lock)
    return true
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw thrown
  }
}

function release(lock: string, own: string): void {
  try {
    if (readFileSync(lock, 'utf8') === own) rmSync(lock)
  } catch {
    // it was removed on purpose
  }
}
