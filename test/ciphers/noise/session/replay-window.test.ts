import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ReplayWindow, WINDOW } from '../../../../src/ciphers/noise/session/replay-window.js'
import { checkAgainstModel } from '../../../support/ciphers/replay-model.js'

describe('a replay window', () => {
  it('tells 8,160 counters apart, the greatest and those behind it', () => {
    expect(WINDOW).toBe(8_160)
    const window = new ReplayWindow()
    window.mark(8_160)
    expect(window.isFresh(1)).toBe(true)
    expect(window.isFresh(0)).toBe(false)
  })

  it('accepts each counter once, in any order within the window', () => {
    const window = new ReplayWindow()
    for (const counter of [0, 5, 3, 8127, 1, 8126, 2]) {
      expect(window.isFresh(counter)).toBe(true)
      window.mark(counter)
      expect(window.isFresh(counter)).toBe(false)
    }
  })

  it('does not move by a check', () => {
    const window = new ReplayWindow()
    window.mark(7)
    expect(window.isFresh(1_000_000)).toBe(true)
    expect(window.greatest).toBe(7)
    expect(window.isFresh(6)).toBe(true)
  })

  it('works up to the greatest counter', () => {
    const window = new ReplayWindow()
    const greatest = Number.MAX_SAFE_INTEGER
    window.mark(greatest - 1)
    expect(window.isFresh(greatest)).toBe(true)
    expect(window.isFresh(greatest - 2)).toBe(true)
    expect(window.isFresh(greatest - 1)).toBe(false)
    expect(window.isFresh(greatest - 1 - WINDOW)).toBe(false)
  })

  it('agrees with a set, whatever the order of counters', () => {
    const jumps = fc.oneof(
      { weight: 6, arbitrary: fc.integer({ min: -64, max: 64 }) },
      { weight: 3, arbitrary: fc.integer({ min: -WINDOW - 40, max: WINDOW + 40 }) },
      { weight: 1, arbitrary: fc.integer({ min: -100_000, max: 2 ** 40 }) },
    )
    fc.assert(fc.property(fc.array(jumps, { maxLength: 300 }), (moves) => checkAgainstModel(moves)))
  })
})
