import { EXIT_OK } from '../output/exit-codes.js'
import { print, remark } from '../output/output.js'
import { askRun } from '../run/ask-run.js'
import { findRun } from '../run/find-runs.js'

/** Lets a running tunnel read its file again. */
export async function reload(path: string): Promise<number> {
  const answer = await askRun(findRun(path), path, 'reload')
  const { peers, remarks } = answer as { peers: number; remarks: readonly string[] }
  for (const line of remarks) remark(line)
  print(`${path}: applied, with ${peers} peer${peers === 1 ? '' : 's'}\n`)
  return EXIT_OK
}
