import { spawnSync } from 'node:child_process'
import { symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../lab/temporary-folder.js'

const ROOT = join(import.meta.dirname, '../..')
const SCRIPT = join(ROOT, 'scripts/summarize-tests.js')
const VITEST = join(ROOT, 'node_modules/vitest/vitest.mjs')

let folder: string

beforeEach(() => {
  folder = temporaryFolder()
})

describe('summarize-tests.js', () => {
  it('lists what was skipped and what passed at its second attempt, as vitest reports them', () => {
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
    writeFileSync(
      join(folder, 'some.test.js'),
      `import { describe, expect, it } from 'vitest'
       let attempts = 0
       describe('a group', () => {
         it('passes', () => {})
         it('passes late', { retry: 1 }, () => expect(++attempts).toBe(2))
         it.skip('needs a moon', () => {})
       })`,
    )
    const report = join(folder, 'report.json')
    const run = ['run', '--root', folder, '--reporter=json', `--outputFile.json=${report}`]
    spawnSync(process.execPath, [VITEST, ...run], { cwd: folder })
    expect(summary(report)).toEqual([
      'skipped: a group needs a moon',
      'retried: a group passes late: AssertionError: expected 1 to be 2 // Object.is equality',
      '2 passed, 1 failed',
      'exit 1',
    ])
  })

  it('lets two tests be retried, and fails where there were more', () => {
    const passed = { status: 'passed', failureMessages: [] }
    const retried = { status: 'passed', failureMessages: ['Error: too late\n  at here'] }
    const named = (tests: object[]) => tests.map((test, number) => ({ fullName: `test ${number}`, ...test }))
    expect(summaryOf(named([passed, retried, retried]))).toEqual([
      'retried: test 1: Error: too late',
      'retried: test 2: Error: too late',
      '3 passed, 0 failed',
      'exit 0',
    ])
    expect(summaryOf(named([retried, retried, retried])).slice(-3)).toEqual([
      '3 tests were retried, at most 2 may be',
      '3 passed, 0 failed',
      'exit 1',
    ])
  })

  it('fails where there is no report, or a file that did not load', () => {
    expect(summary(join(folder, 'none.json'))).toEqual(['0 passed, 0 failed', 'exit 1'])
    expect(summaryOf([], 'failed')).toEqual(['not loaded: some.test.ts', '0 passed, 1 failed', 'exit 1'])
  })
})

/** The lines about a run of one file, and the exit code. */
function summaryOf(assertionResults: readonly object[], status = 'passed'): string[] {
  const report = join(folder, 'report.json')
  writeFileSync(report, JSON.stringify({ testResults: [{ name: 'some.test.ts', status, assertionResults }] }))
  return summary(report)
}

function summary(report: string): string[] {
  const { status, stdout } = spawnSync(process.execPath, [SCRIPT, report], { encoding: 'utf8' })
  return [...stdout.trimEnd().split('\n'), `exit ${status}`]
}
