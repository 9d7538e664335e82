import { it } from 'vitest'

/** Tests of a suite that something is known not to pass, and why. */
export interface Skip {
  readonly reason: string
  /** The names of the tests as the suite gives them. */
  readonly tests: readonly string[]
}

/** Defines one test of a suite. */
export type DefineCase = (name: string, run: () => void | Promise<void>) => void

/**
 * Defines the tests of one suite. Those that are to be skipped are skipped by name with the reason, and a skip
 * that names no test of the suite becomes a test that fails.
 */
export function defineCases(skip: readonly Skip[], define: (test: DefineCase) => void): void {
  const reasons = new Map(skip.flatMap(({ reason, tests }) => tests.map((name) => [name, reason])))
  define((name, run) => {
    const reason = reasons.get(name)
    reasons.delete(name)
    if (reason === undefined) it(name, run)
    else it.skip(`${name} (${reason})`, run)
  })
  for (const name of reasons.keys()) {
    it(`has the test to be skipped: ${name}`, () => {
      throw new Error(`Cannot skip "${name}": the suite has no such test`)
    })
  }
}
