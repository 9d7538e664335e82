import { expect } from 'vitest'
import type { Program } from '../../lab/program.js'

/** Exit code of what cannot be as asked for. */
const USAGE = 2

/** Lines of the log. */
const BESIDES = /^\{/

/**
 * Expects that Qanat refuses to run: exit code 2, or another one, and, besides warnings of the log, one line, which holds all
 * of `says` and is no stack trace.
 */
export async function expectRefusal(program: Program, says: readonly string[], code = USAGE): Promise<void> {
  const ending = await program.ending()
  const lines = program.stderr.filter((line) => !BESIDES.test(line))
  expect(lines).toEqual([expect.stringMatching(/^qanat: \S/)])
  for (const part of says) expect(lines[0]).toContain(part)
  expect(program.stdout).toEqual([])
  expect(ending).toEqual({ code, signal: null })
}
