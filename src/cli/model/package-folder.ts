import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** The folder of the package that this program is of: modules lie at other depths in it where they are bundled. */
export function packageFolder(): string {
  let folder = import.meta.dirname
  while (!existsSync(join(folder, 'package.json')) && folder !== dirname(folder)) folder = dirname(folder)
  return folder
}
