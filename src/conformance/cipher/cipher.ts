import { describe } from 'vitest'
import { defineTests, type Skip } from '../kit/define-tests.js'
import { cipherCases, type TestedCipher } from './cipher-cases.js'

/** What the suite needs to know of a cipher. */
export interface CipherCase extends TestedCipher {
  readonly name: string
  readonly skip?: readonly Skip[]
}

/**
 * Tests that a cipher does what the interfaces Cipher and Sessions say: the cases of `cipherCases`.
 *
 * @param options what makes two ends, and the name; which cases to skip, and why.
 * @throws nothing: a test fails if a promise is broken.
 * @example
 * testCipher({ name: 'rot13', authenticates: false, setup })
 */
export function testCipher(options: CipherCase): void {
  describe(`cipher ${options.name}`, () => defineTests(options.skip ?? [], cipherCases(options)))
}
