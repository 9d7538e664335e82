// check-promises [--all] [--only TEXT] [--share N] [--seed TEXT]: breaks each promise of docs/security.md in a copy of the
// repository, one change at a time, and requires that the test named for it fails. Without --all the tests of whole tunnels
// are left out; --only takes the mutants whose promise, description, file or test contains TEXT, --share N of them, which
// the seed chooses. Untracked files are not seen: `git add` them.
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { check } from './check.js'
import { promises } from './rows/promises.js'
import { shareOf } from './share.js'
import { isSystemTest } from './system-tests.js'
import { Worktree } from './worktree.js'

const ROOT = join(import.meta.dirname, '../../..')
/** Each runs one vitest, which keeps about one processor busy. */
const WORKTREES = Math.min(4, availableParallelism())

const { values } = parseArgs({
  options: {
    all: { type: 'boolean' },
    only: { type: 'string' },
    share: { type: 'string' },
    seed: { type: 'string', default: new Date().toISOString() },
  },
})
const chosen = promises
  .flatMap(({ promise, mutants }) => mutants.map((mutant) => ({ ...mutant, promise })))
  .filter((mutant) =>
    Object.values(mutant)
      .join('\n')
      .includes(values.only ?? ''),
  )
const allUnit = chosen.filter(({ test }) => !isSystemTest(test))
const unit = values.share === undefined ? allUnit : shareOf(allUnit, Number(values.share), values.seed)
const system = chosen.filter(({ test }) => isSystemTest(test))

const interrupted = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => interrupted.abort())
const write = (line: string) => process.stdout.write(`${line}\n`)
if (values.share !== undefined) write(`${unit.length} of ${allUnit.length}, chosen by --seed ${values.seed}`)

const worktrees: Worktree[] = []
try {
  while (worktrees.length < WORKTREES) worktrees.push(new Worktree(ROOT))
  const paths = worktrees.map(({ path }) => path)
  const survivors = await check(unit, paths, interrupted.signal, write)
  // Whole tunnels measure time: one after another, as in `npm test`.
  if (values.all) survivors.push(...(await check(system, paths.slice(0, 1), interrupted.signal, write)))
  const count = unit.length + (values.all ? system.length : 0)
  write(`${count - survivors.length} killed, ${survivors.length} survived`)
  process.exitCode = survivors.length === 0 && count > 0 ? 0 : 1
} catch (error) {
  if (!interrupted.signal.aborted) throw error
  process.exitCode = 130
} finally {
  for (const worktree of worktrees) worktree.remove()
}
