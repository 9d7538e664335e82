import type { Case } from '../../../src/conformance/kit/case.js'

/** The names of the cases that fail. */
export async function failingCases(cases: readonly Case[]): Promise<string[]> {
  const failed: string[] = []
  for (const { name, run } of cases) {
    try {
      await run()
    } catch {
      failed.push(name)
    }
  }
  return failed
}
