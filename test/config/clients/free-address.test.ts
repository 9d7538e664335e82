import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { freeAddress, hostOf } from '../../../src/config/clients/free-address.js'

describe('freeAddress', () => {
  it.each([
    ['10.0.0.1/24', [], '10.0.0.1'],
    ['10.0.0.1/24', ['10.0.0.1'], '10.0.0.2'],
    ['10.0.0.1/24', ['10.0.0.1', '10.0.0.2/32', '10.0.0.4/30'], '10.0.0.3'],
    ['10.0.0.1/24', ['10.0.0.3/32', '10.0.0.0/25', 'fd00::/8'], '10.0.0.128'],
    ['10.0.0.1/30', ['10.0.0.1', '10.0.0.2'], undefined],
    ['10.0.0.1/24', ['10.0.0.0/8'], undefined],
    ['fd00::1/64', ['fd00::1', 'fd00::2'], 'fd00::3'],
    ['fd00::1/64', ['fd00::/47'], undefined],
  ])('finds in %s beside %j: %s', (network, taken, free) => {
    expect(freeAddress(network, taken)).toBe(free)
  })

  it('gives each of many clients an address of its own', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), (count) => {
        const taken: string[] = []
        for (let client = 0; client < count; client++)
          taken.push(hostOf(`${freeAddress('10.0.0.0/24', taken)}/24`))
        expect(new Set(taken).size).toBe(count)
      }),
      { numRuns: 10 },
    )
  })
})
