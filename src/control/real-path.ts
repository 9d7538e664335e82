import { realpathSync } from 'node:fs'
import { resolve } from 'node:path'

/** A path without symbolic links, also of a file that was removed while its tunnel ran. */
export function realPath(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return resolve(path)
  }
}
