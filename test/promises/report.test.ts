import { expect, it } from 'vitest'
import { outcomeOf, patternOf, type Report } from './report.js'
import type { Mutant } from './rows/mutant.js'

const mutant: Mutant = {
  breaks: 'it is kept',
  file: 'src/kept.ts',
  text: 'true',
  replacement: 'false',
  test: 'test/kept.test.ts',
  name: 'is kept (always)',
}

function report(message: string, ...statuses: readonly string[]): Report {
  const assertionResults = statuses.map((status) => ({
    fullName: `a promise of ${status} is kept (always)`,
    status,
    failureMessages: status === 'failed' ? ['AssertionError: expected false\n  at here'] : [],
  }))
  return { testResults: [{ name: '/tmp/copy/test/kept.test.ts', message, assertionResults }] }
}

it('takes a test for failed where one of its name failed', () => {
  expect(outcomeOf(mutant, report('', 'passed', 'failed'))).toEqual({
    status: 'failed',
    why: 'AssertionError: expected false',
  })
  expect(outcomeOf(mutant, report('', 'passed', 'skipped'))).toEqual({ status: 'passed', why: '' })
})

it('takes no test for failed that did not run: its file did not load, it was skipped, or another one failed', () => {
  expect(outcomeOf(mutant, report('SyntaxError: Unexpected token\n  at here'))).toEqual({
    status: 'absent',
    why: 'SyntaxError: Unexpected token',
  })
  expect(outcomeOf(mutant, report('', 'skipped'))).toEqual({ status: 'absent', why: 'it was skipped' })
  const other = { ...mutant, name: 'is broken' }
  expect(outcomeOf(other, report('', 'failed'))).toEqual({ status: 'absent', why: 'no test has this name' })
  const elsewhere = { ...mutant, test: 'test/other.test.ts' }
  expect(outcomeOf(elsewhere, report('', 'failed'))).toEqual({
    status: 'absent',
    why: 'no test has this name',
  })
})

it('names tests by a pattern that stands for their names and nothing else', () => {
  const pattern = new RegExp(patternOf([mutant, mutant, { ...mutant, name: 'costs 2 $' }]))
  expect(pattern.test('a promise is kept (always)')).toBe(true)
  expect(pattern.test('costs 2 $')).toBe(true)
  expect(pattern.test('is kept always')).toBe(false)
})
