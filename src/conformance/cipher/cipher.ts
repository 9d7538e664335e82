import { describe } from 'vitest'
import { defineTests, type Skip } from '../kit/define-tests.js'
import { cipherCases, type TestedCipher } from './cipher-cases.js'

/** What the suite needs to know of a cipher. */
export interface CipherCase extends TestedCipher {
  readonly name: string
  readonly skip?: readonly Skip[]
}

/** Tests that a cipher does what the interfaces Cipher and Sessions say: the cases of `cipherCases`. */
export function testCipher(options: CipherCase): void {
  describe(`cipher ${options.name}`, () => defineTests(options.skip ?? [], cipherCases(options)))
}
