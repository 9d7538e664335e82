import { describe } from 'vitest'
import { defineTests, type Skip } from '../kit/define-tests.js'
import { type AeadCase, aeadCases } from './aead-cases.js'

/** Tests that an algorithm for authenticated encryption is fit for `noiseCipher`: the cases of `aeadCases`. */
export function testAead(
  options: AeadCase & { readonly name: string; readonly skip?: readonly Skip[] },
): void {
  describe(`AEAD ${options.name}`, () => defineTests(options.skip ?? [], aeadCases(options)))
}
