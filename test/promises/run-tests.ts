import { spawn } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { patternOf, type Report } from './report.js'
import type { Mutant } from './rows/mutant.js'
import { isSystemTest } from './system-tests.js'

const VITEST = 'node_modules/vitest/vitest.mjs'
/** What test/build.ts reads. */
const UNBUILT_VARIABLE = 'QANAT_TESTS_UNBUILT'

/** Whether a test says itself that it runs what is built, as plugins' import it. Programs that it starts may do so, too. */
export function runsBuilt(worktree: string, test: string): boolean {
  return (
    isSystemTest(test) ||
    test.startsWith('plugins/') ||
    readFileSync(join(worktree, test), 'utf8').includes('dist/')
  )
}

/**
 * Runs the tests that some mutants name, in a worktree as it is now: builds the program first if they run it.
 *
 * @param isBuilt The other tests import sources, and building takes longer than most of them.
 * @param limit Milliseconds.
 * @param extra Options of vitest besides those that every run has.
 * @returns what vitest reports; a line that says why there is no report, such as a program that does not compile.
 */
export async function runTests(
  worktree: string,
  mutants: readonly Mutant[],
  isBuilt: boolean,
  limit: number,
  signal: AbortSignal,
  extra: readonly string[] = [],
): Promise<Report | string> {
  const files = new Set(mutants.map(({ test }) => test))
  const file = join(worktree, 'promises-report.json')
  rmSync(file, { force: true })
  const options = ['-t', patternOf(mutants), '--reporter=json', `--outputFile.json=${file}`, ...extra]
  const output = await run(
    [VITEST, 'run', ...files, ...options],
    worktree,
    { ...process.env, NO_COLOR: '1', [UNBUILT_VARIABLE]: isBuilt ? '' : '1' },
    AbortSignal.any([signal, AbortSignal.timeout(limit)]),
  )
  signal.throwIfAborted()
  const report = readReport(file)
  if (report !== undefined && report.testResults.length > 0) return report
  const error = output.split('\n').find((line) => /error/i.test(line))
  return error ?? `nothing was reported within ${limit / 1000} s`
}

/** Undefined where there is none: vitest was killed. */
function readReport(file: string): Report | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Report
  } catch {
    return undefined
  }
}

/** What a program of Node's wrote, once it has ended, or was killed with all that it started. */
function run(
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<string> {
  return new Promise((resolve, reject) => {
    // A group of its own: workers of vitest that are busy would outlive it.
    const child = spawn(process.execPath, args, {
      cwd,
      env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text) => (output += text))
    const kill = () => {
      if (child.exitCode === null) process.kill(-child.pid!, 'SIGKILL')
    }
    signal.addEventListener('abort', kill)
    child.on('error', reject)
    child.on('exit', () => {
      signal.removeEventListener('abort', kill)
      resolve(output)
    })
  })
}
