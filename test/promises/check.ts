import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { outcomeOf } from './report.js'
import type { Mutant } from './rows/mutant.js'
import { runsBuilt, runTests } from './run-tests.js'
import { isSystemTest } from './system-tests.js'

/** Milliseconds for one test, the program built before it included: a test that hangs is not one that fails. */
const LIMIT = 240_000
/** One failure kills a mutant: a second attempt, or the other tests of that name, would only take time. */
const ENDS_AT_FIRST_FAILURE = ['--bail=1', '--retry=0']
/** Milliseconds after which a unit test that waits for what a mutant keeps away has failed: it takes a second as a rule. */
const UNIT_TEST_LIMIT = '--testTimeout=15000'
/** Milliseconds for all of them before anything is changed. */
const LIMIT_OF_ALL = 1_200_000

/** A mutant that no test was seen to fail for. */
export interface Survivor {
  readonly mutant: Mutant
  readonly why: string
}

/** Says of each mutant whether its test fails for it; the first worktree is asked whether the tests pass without. */
export async function check(
  mutants: readonly Mutant[],
  worktrees: readonly string[],
  signal: AbortSignal,
  write: (line: string) => void,
): Promise<Survivor[]> {
  if (mutants.length === 0) return []
  const { failing: survivors, built } = await failingUnchanged(mutants, worktrees[0]!, signal)
  const hopeless = new Set(survivors.map(({ mutant }) => mutant))
  const queue = mutants.filter((mutant) => !hopeless.has(mutant))
  for (const { mutant, why } of survivors)
    write(`not tried  ${lineOf(mutant)}: its test does not pass as it is: ${why}`)
  const all = queue.length
  let done = 0
  const work = async (worktree: string) => {
    for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
      const begin = performance.now()
      const why = await survives(mutant, built.has(mutant), worktree, signal)
      if (why !== undefined) survivors.push({ mutant, why })
      const seconds = ((performance.now() - begin) / 1000).toFixed(1)
      write(
        `${why === undefined ? 'killed   ' : 'SURVIVED '}  ${++done}/${all}  ${lineOf(mutant)}  ${seconds} s`,
      )
      if (why !== undefined) write(`           ${why}`)
    }
  }
  // All of them end before a worktree goes away.
  const ends = await Promise.allSettled(worktrees.map(work))
  for (const end of ends) if (end.status === 'rejected') throw end.reason
  return survivors
}

/** Mutants whose tests fail anyway, and those whose tests need the program built. */
async function failingUnchanged(
  mutants: readonly Mutant[],
  worktree: string,
  signal: AbortSignal,
): Promise<{ failing: Survivor[]; built: ReadonlySet<Mutant> }> {
  const failingOf = async (some: readonly Mutant[], isBuilt: boolean): Promise<Survivor[]> => {
    if (some.length === 0) return []
    const report = await runTests(worktree, some, isBuilt, LIMIT_OF_ALL, signal)
    return some.flatMap((mutant) => {
      const { status, why } =
        typeof report === 'string' ? { status: report, why: report } : outcomeOf(mutant, report)
      return status === 'passed' ? [] : [{ mutant, why }]
    })
  }
  const known = mutants.filter(({ test }) => runsBuilt(worktree, test))
  const others = mutants.filter((mutant) => !known.includes(mutant))
  // While nothing is built: those that need it after all are found here, and tried again.
  const more = (await failingOf(others, false)).map(({ mutant }) => mutant)
  const built = [...known, ...more]
  return { failing: await failingOf(built, true), built: new Set(built) }
}

/** Why a mutant lives; undefined where its test failed, as it had to. */
async function survives(
  mutant: Mutant,
  isBuilt: boolean,
  worktree: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const path = join(worktree, mutant.file)
  const source = readFileSync(path, 'utf8')
  const parts = source.split(mutant.text)
  if (parts.length !== 2) return `the text to change occurs ${parts.length - 1} times`
  writeFileSync(path, parts.join(mutant.replacement))
  try {
    const limits = isSystemTest(mutant.test) ? [] : [UNIT_TEST_LIMIT]
    const report = await runTests(worktree, [mutant], isBuilt, LIMIT, signal, [
      ...ENDS_AT_FIRST_FAILURE,
      ...limits,
    ])
    if (typeof report === 'string') return report
    const { status, why } = outcomeOf(mutant, report)
    return status === 'failed'
      ? undefined
      : status === 'passed'
        ? 'its test passed'
        : `its test did not run: ${why}`
  } finally {
    writeFileSync(path, source)
  }
}

function lineOf({ breaks, test }: Mutant): string {
  return `${breaks}  (${test})`
}
