import type { Mutant } from './rows/mutant.js'

/** What is read of the JSON report that vitest writes. */
export interface Report {
  readonly testResults: readonly {
    /** The path of the file. */
    readonly name: string
    /** Why the file did not load, or nothing. */
    readonly message: string
    readonly assertionResults: readonly TestResult[]
  }[]
}

interface TestResult {
  readonly fullName: string
  readonly status: string
  readonly failureMessages: readonly string[]
}

/** What a report says of the test that a mutant names. */
export interface Outcome {
  /** Of tests that share the name the one that failed counts; `absent` where none of the name ran. */
  readonly status: 'passed' | 'failed' | 'absent'
  /** One line: how it failed, or why it did not run. */
  readonly why: string
}

/** What became of the test that a mutant names. A file that did not load has no tests: it is no failure of this one. */
export function outcomeOf({ test, name }: Mutant, { testResults }: Report): Outcome {
  const files = testResults.filter((file) => file.name.endsWith(`/${test}`))
  const tests = files
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ fullName }) => fullName.includes(name))
  const failed = tests.find(({ status }) => status === 'failed')
  if (failed !== undefined) return { status: 'failed', why: firstLine(failed.failureMessages[0] ?? '') }
  if (tests.some(({ status }) => status === 'passed')) return { status: 'passed', why: '' }
  const message = firstLine(files.map((file) => file.message).join('\n'))
  return { status: 'absent', why: message || (tests.length > 0 ? 'it was skipped' : 'no test has this name') }
}

/** A pattern for the tests that some mutants name, as `vitest -t` takes it. */
export function patternOf(mutants: readonly Mutant[]): string {
  const names = new Set(mutants.map(({ name }) => name.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')))
  return [...names].join('|')
}

function firstLine(text: string): string {
  return text.trimStart().split('\n', 1)[0]!
}
