import { controlError } from '../../control/protocol.js'
import { EXIT_OK } from '../output/exit-codes.js'
import { print, remark } from '../output/output.js'
import { askRun } from '../run/ask-run.js'
import { findRun, knownTunnelFile } from '../run/find-runs.js'

/** Lets a running tunnel read its file again. */
export async function reload(name: string): Promise<number> {
  const path = knownTunnelFile(name)
  const answer = await askRun(findRun(path), path, 'reload')
  const { peers, remarks } = (answer ?? {}) as { peers?: unknown; remarks?: unknown }
  if (typeof peers !== 'number' || !Array.isArray(remarks)) {
    throw controlError(`Cannot understand the tunnel of ${path}: its answer is none to 'reload'`)
  }
  for (const line of remarks) remark(String(line))
  print(`${path}: applied, with ${peers} peer${peers === 1 ? '' : 's'}\n`)
  return EXIT_OK
}
