import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Deadline } from '../../../src/core/time/deadline.js'

describe('Deadline', () => {
  it('is never until a moment is set', () => {
    expect(new Deadline().at).toBe(Number.POSITIVE_INFINITY)
  })

  it('is the earliest of the moments since it was set anew', () => {
    fc.assert(
      fc.property(fc.integer(), fc.array(fc.integer()), (anew, moments) => {
        const deadline = new Deadline()
        deadline.lower(anew - 1)
        deadline.at = anew
        for (const moment of moments) deadline.lower(moment)
        expect(deadline.at).toBe(Math.min(anew, ...moments))
      }),
    )
  })
})
