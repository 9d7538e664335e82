import { chmodSync, lstatSync, mkdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { SHARED_RUN_FOLDER } from '../core/settings/run-files.js'

/** The mode of a folder that only its owner can enter, and that of one that only its owner can change. */
const PRIVATE = 0o700
const PASSABLE = 0o755
const PERMISSIONS = 0o777

/**
 * Makes a folder that only its owner can enter, or makes an existing one so. Root's can be passed, as systemd makes it:
 * services, of another user, have their folders in it, and look there for what root's tunnels share with theirs.
 *
 * Throws if it belongs to another user, who could put a socket of their own into it.
 */
export function makeRunFolder(folder: string): void {
  const own = process.getuid?.()
  const wanted = own === 0 && basename(folder) === SHARED_RUN_FOLDER ? PASSABLE : PRIVATE
  mkdirSync(folder, { recursive: true, mode: wanted })
  const { uid, mode } = lstatSync(folder)
  if (uid !== own) throw new Error(`${folder} belongs to another user`)
  if ((mode & PERMISSIONS) !== wanted) chmodSync(folder, wanted)
}

/** Root's. */
export const ROOTS_FOLDER = `/run/${SHARED_RUN_FOLDER}`

/** Where locks are: a folder that the next start of the host empties. systemd names one (RuntimeDirectory). */
export function runFolder(environment: Readonly<Record<string, string | undefined>>): string {
  if (environment.RUNTIME_DIRECTORY !== undefined) return environment.RUNTIME_DIRECTORY
  if (process.getuid?.() === 0) return ROOTS_FOLDER
  return environment.XDG_RUNTIME_DIR === undefined
    ? `/tmp/qanat-${process.getuid?.()}`
    : join(environment.XDG_RUNTIME_DIR, 'qanat')
}
