import { it } from 'vitest'
import type { Case } from './case.js'

/** Tests of a suite that something is known not to pass, and why. */
export interface Skip {
  readonly reason: string
  /** The names of the tests as the suite gives them. */
  readonly tests: readonly string[]
}

/**
 * Defines a test of each case. Those that are to be skipped are skipped by name with the reason, and a skip
 * that names no case becomes a test that fails.
 */
export function defineTests(skip: readonly Skip[], cases: readonly Case[]): void {
  const reasons = new Map(skip.flatMap(({ reason, tests }) => tests.map((name) => [name, reason])))
  for (const { name, run } of cases) {
    const reason = reasons.get(name)
    reasons.delete(name)
    if (reason === undefined) it(name, run)
    else it.skip(`${name} (${reason})`, run)
  }
  for (const name of reasons.keys()) {
    it(`has the test to be skipped: ${name}`, () => {
      throw new Error(`Cannot skip "${name}": the suite has no such test`)
    })
  }
}
