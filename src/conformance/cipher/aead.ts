import { describe } from 'vitest'
import { defineCases, type Skip } from '../kit/cases.js'
import { type AeadCase, aeadCases } from './aead-cases.js'

/** Tests that an algorithm for authenticated encryption is fit for `noiseCipher`: the cases of `aeadCases`. */
export function testAead(
  options: AeadCase & { readonly name: string; readonly skip?: readonly Skip[] },
): void {
  const { name, skip = [] } = options
  describe(`AEAD ${name}`, () => {
    defineCases(skip, (test) => {
      for (const { name, run } of aeadCases(options)) test(name, run)
    })
  })
}
