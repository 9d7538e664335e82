import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Backoff } from '../../../../src/core/connector/pace/backoff.js'

const SHORTEST = 250
const LONGEST = 30_000
const randoms = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 200 })

function pauses(numbers: readonly number[]): number[] {
  let turn = 0
  const backoff = new Backoff(() => numbers[turn++]!)
  return numbers.map(() => backoff.next())
}

describe('Backoff', () => {
  it('pauses for 250 ms to 30 s, whatever the chance', () => {
    fc.assert(
      fc.property(randoms, (numbers) => {
        for (const pause of pauses(numbers)) {
          expect(pause).toBeGreaterThanOrEqual(SHORTEST)
          expect(pause).toBeLessThanOrEqual(LONGEST)
        }
      }),
    )
  })

  it('pauses longer and longer, until it pauses for 30 s', () => {
    const all = pauses(new Array(200).fill(1))
    expect(all).toEqual([...all].sort((one, other) => one - other))
    expect(all.at(-1)).toBe(LONGEST)
  })

  it('spreads each pause over half of it', () => {
    const short = pauses(new Array(200).fill(0))
    const long = pauses(new Array(200).fill(1))
    expect(short[0]).toBe(SHORTEST)
    expect(short[199]).toBe(LONGEST / 2)
    for (const index of [0, 1, 2]) expect(long[index]! / short[index]!).toBe(2)
  })

  it('pauses for 1 s at most as long as a server may only be restarting, a minute', () => {
    fc.assert(
      fc.property(randoms, (numbers) => {
        let passed = 0
        for (const pause of pauses(numbers)) {
          if (passed < 60_000) expect(pause).toBeLessThanOrEqual(1_000)
          passed += pause
        }
      }),
    )
  })

  it('is short again after a reset', () => {
    const backoff = new Backoff(() => 0)
    for (let count = 0; count < 200; count++) backoff.next()
    backoff.reset()
    expect([backoff.next(), backoff.next()]).toEqual([250, 500])
  })
})
