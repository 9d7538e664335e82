import { randomUUID } from 'node:crypto'
import { linkSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { asError, ConfigError } from '../core/api/errors.js'
import { type Owner, runningOwner } from './lock-owner.js'
import { startOf } from './process-start.js'
import { realPath } from './real-path.js'

/** Times that a lock which a dead process left is moved out of the way. */
const ATTEMPTS = 5
/** Milliseconds between looks at the lock of a file that another process changes, and how many there are. */
const INTERVAL = 50
const LOOKS = 200
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
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (linked(draft, lock)) return { release: () => release(lock, own) }
      const holder = runningOwner(lock)
      if (holder !== undefined) return { owner: holder }
      setAside(lock)
    }
    throw new Error(`other processes keep taking ${lock}`)
  } finally {
    rmSync(draft, { force: true })
  }
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

/** Removes the drafts of a lock that killed processes left. Whoever removed one before is as welcome. */
function sweep(lock: string): void {
  const name = basename(lock)
  for (const one of readdirSync(dirname(lock))) {
    const [, pid] = (one.startsWith(name) && DRAFT.exec(one.slice(name.length))) || []
    if (pid !== undefined && startOf(Number(pid)) === undefined)
      rmSync(join(dirname(lock), one), { force: true })
  }
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

/**
 * Removes a lock whose owner is dead. Another process may have replaced it in between, so it is moved first and looked
 * at again: one that is alive goes back.
 */
function setAside(lock: string): void {
  const aside = draftOf(lock)
  try {
    renameSync(lock, aside)
  } catch {
    return // another process was faster
  }
  if (runningOwner(aside) !== undefined) linked(aside, lock)
  rmSync(aside, { force: true })
}

function release(lock: string, own: string): void {
  try {
    if (readFileSync(lock, 'utf8') === own) rmSync(lock)
  } catch {
    // it was removed on purpose
  }
}
