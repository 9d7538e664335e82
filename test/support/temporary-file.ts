import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '../../lab/temporary-folder.js'

/** A file in a folder of its own, with these rights whatever the umask is. */
export function temporaryFile(name: string, text: string | Uint8Array, mode = 0o600): string {
  const path = join(temporaryFolder(), name)
  writeFileSync(path, text)
  chmodSync(path, mode)
  return path
}
