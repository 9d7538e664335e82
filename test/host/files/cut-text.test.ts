import fc from 'fast-check'
import { expect, it } from 'vitest'
import { isCut } from '../../../src/host/files/cut-text.js'

const text = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 12 }).map((one) => Buffer.from(one))

it('knows each state in which writing one text over another may stop, and no other', () => {
  fc.assert(
    fc.property(text, text, text, (from, to, other) => {
      const states = [
        to,
        ...[...to, 0].map((_, at) => Buffer.concat([to.subarray(0, at), from.subarray(at)])),
      ]
      for (const state of states) expect(isCut(state, from, to)).toBe(true)
      expect(isCut(other, from, to)).toBe(states.some((state) => state.equals(other)))
    }),
  )
})
