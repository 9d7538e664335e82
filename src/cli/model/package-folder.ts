import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** The folder of Qanat's package. Searches upwards, since dist/program and dist/src differ in depth. */
export function packageFolder(): string {
  let folder = import.meta.dirname
  while (!existsSync(join(folder, 'package.json')) && folder !== dirname(folder)) folder = dirname(folder)
  return folder
}
