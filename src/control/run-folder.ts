import { chmodSync, lstatSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'

/** The mode of a folder that only its owner can enter, and all permissions of others. */
const PRIVATE = 0o700
const OTHERS = 0o077

/**
 * Makes a folder that only its owner can enter, or makes an existing one so.
 *
 * Throws if it belongs to another user, who could put a socket of their own into it.
 */
export function makePrivateFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: PRIVATE })
  const { uid, mode } = lstatSync(folder)
  if (uid !== process.getuid?.()) throw new Error(`${folder} belongs to another user`)
  if ((mode & OTHERS) !== 0) chmodSync(folder, PRIVATE)
}

/** Where locks are: a folder that the next start of the host empties. systemd names one (RuntimeDirectory). */
export function runFolder(environment: Readonly<Record<string, string | undefined>>): string {
  if (environment.RUNTIME_DIRECTORY !== undefined) return environment.RUNTIME_DIRECTORY
  if (process.getuid?.() === 0) return '/run/qanat'
  return environment.XDG_RUNTIME_DIR === undefined
    ? `/tmp/qanat-${process.getuid?.()}`
    : join(environment.XDG_RUNTIME_DIR, 'qanat')
}
