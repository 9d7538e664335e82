import { describe } from 'vitest'
import { defineTests, type Skip } from '../kit/define-tests.js'
import { type AeadCase, aeadCases } from './aead-cases.js'

/**
 * Tests that an algorithm for authenticated encryption is fit for `noiseCipher`: the cases of `aeadCases`.
 *
 * @param options the algorithm, its name and its known answers; which cases to skip, and why.
 * @throws nothing: a test fails if a promise is broken.
 * @example
 * testAead({ name: 'xchacha20', aead, vectors })
 */
export function testAead(
  options: AeadCase & { readonly name: string; readonly skip?: readonly Skip[] },
): void {
  describe(`AEAD ${options.name}`, () => defineTests(options.skip ?? [], aeadCases(options)))
}
