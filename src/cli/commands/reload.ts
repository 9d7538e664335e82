import { askRun } from '../ask-run.js'
import { EXIT_OK } from '../exit-codes.js'
import { findRun } from '../find-runs.js'
import { print, remark } from '../output.js'

/** Lets a running tunnel read its file again. */
export async function reload(path: string): Promise<number> {
  const answer = await askRun(findRun(path), path, 'reload')
  const { peers, remarks } = answer as { peers: number; remarks: readonly string[] }
  for (const line of remarks) remark(line)
  print(`${path}: in force, with ${peers} peer${peers === 1 ? '' : 's'}\n`)
  return EXIT_OK
}
