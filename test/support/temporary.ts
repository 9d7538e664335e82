import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** A folder that is gone when the test is over. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'qanat-config-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return folder
}

/** A file in a folder of its own, with these rights whatever the umask is. */
export function temporaryFile(name: string, text: string, mode = 0o600): string {
  const path = join(temporaryFolder(), name)
  writeFileSync(path, text)
  chmodSync(path, mode)
  return path
}
