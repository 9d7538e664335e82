import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const folders = new Set<string>()

/**
 * Makes a folder that only this user can enter, with this process's id in its name. It is removed after the last test of
 * a file, or when the process ends.
 */
export function temporaryFolder(): string {
  if (folders.size === 0) process.once('exit', removeTemporaryFolders)
  const folder = mkdtempSync(join(tmpdir(), `qanat-${process.pid}-`))
  folders.add(folder)
  return folder
}

/** Removes all that were made, whatever is left of them. */
export function removeTemporaryFolders(): void {
  process.off('exit', removeTemporaryFolders)
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
  folders.clear()
}
