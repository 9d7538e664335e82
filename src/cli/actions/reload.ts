import { controlError } from '../../control/protocol.js'
import { EXIT_OK } from '../output/exit-codes.js'
import { print, remark } from '../output/output.js'
import { askRun } from '../run/ask-run.js'
import { findRun, knownTunnelFile } from '../run/find-runs.js'

/** Peers that are named of each kind: the terminal has no room for thousands. */
const MOST_NAMED = 10

/** Lets a running tunnel read its file again. */
export async function reload(name: string): Promise<number> {
  const path = knownTunnelFile(name)
  const answer = await askRun(findRun(path), path, 'reload')
  const { peers, remarks } = (answer ?? {}) as { peers?: unknown; remarks?: unknown }
  if (typeof peers !== 'number' || !Array.isArray(remarks)) {
    throw controlError(`Cannot understand the tunnel of ${path}: its answer is none to 'reload'`)
  }
  for (const line of remarks) remark(String(line))
  const counted = `${path}: applied, with ${peers} peer${peers === 1 ? '' : 's'}`
  print(`${[counted, ...changesTold(answer as Readonly<Record<string, unknown>>)].join('; ')}\n`)
  return EXIT_OK
}

/** Who came, went and changed; older tunnels do not tell. */
function changesTold(answer: Readonly<Record<string, unknown>>): string[] {
  const verbs = { added: 'came', removed: 'went', changed: 'changed' } as const
  return Object.entries(verbs).flatMap(([key, verb]) => {
    const names = answer[key]
    if (!Array.isArray(names) || names.length === 0) return []
    const more = names.length > MOST_NAMED ? ` and ${names.length - MOST_NAMED} more` : ''
    return [`${names.slice(0, MOST_NAMED).join(', ')}${more} ${verb}`]
  })
}
