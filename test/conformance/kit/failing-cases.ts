import type { Case } from '../../../src/conformance/kit/case.js'

/** The names of the cases that fail. */
export async function failingCases(cases: readonly Case[]): Promise<string[]> {
  return [...(await failures(cases)).keys()]
}

/** What the cases that fail say, by their names. */
export async function failures(cases: readonly Case[]): Promise<Map<string, string>> {
  const failed = new Map<string, string>()
  for (const { name, run } of cases) {
    try {
      await run()
    } catch (thrown) {
      failed.set(name, (thrown as Error).message)
    }
  }
  return failed
}
