import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { liesWithin } from '../../../src/core/ip/ip-network.js'
import { parseIpPrefix } from '../../../src/core/ip/ip-prefix.js'
import { rangeWithout, widest } from '../../../src/core/ip/range-without.js'

const prefix = (text: string) => parseIpPrefix(text)!
const without = (range: string, ...holes: readonly string[]) =>
  rangeWithout(prefix(range), holes.map(prefix)).map(({ text }) => text)

describe('a range without others', () => {
  it.each([
    ['10.0.0.0/8', [], ['10.0.0.0/8']],
    ['10.0.0.0/8', ['192.168.0.0/16'], ['10.0.0.0/8']],
    ['10.0.0.0/8', ['10.0.0.0/8'], []],
    ['10.1.0.0/16', ['10.0.0.0/8'], []],
    ['10.0.0.0/30', ['10.0.0.1/32'], ['10.0.0.0/32', '10.0.0.2/31']],
    ['10.0.0.0/30', ['10.0.0.1/32', '10.0.0.2/31'], ['10.0.0.0/32']],
    ['0.0.0.0/0', ['128.0.0.0/2'], ['0.0.0.0/1', '192.0.0.0/2']],
    ['fd00::/14', ['fd01::/16'], ['fd00::/16', 'fd02::/15']],
    ['fd00::/14', ['10.0.0.0/8'], ['fd00::/14']],
  ])('%s without %j is %j', (range, holes, left) => {
    expect(without(range, ...holes)).toEqual(left)
  })

  it('holds each address that no hole holds, once, and no other', () => {
    const part = fc
      .tuple(fc.integer({ min: 0, max: 255 }), fc.integer({ min: 24, max: 32 }))
      .map(([last, bits]) => prefix(`192.0.2.${last}/${bits}`))
    fc.assert(
      fc.property(part, fc.array(part, { maxLength: 5 }), (range, holes) => {
        const left = rangeWithout(range, holes)
        for (let last = 0; last < 256; last++) {
          const address = prefix(`192.0.2.${last}/32`)
          const isLeft = liesWithin(address, range) && !holes.some((hole) => liesWithin(address, hole))
          expect(left.filter((one) => liesWithin(address, one))).toHaveLength(isLeft ? 1 : 0)
        }
      }),
    )
  })
})

it('the widest of some ranges are those that lie within no other, each once', () => {
  const ranges = ['10.1.0.0/16', '10.0.0.0/8', 'fd00::/8', '10.1.0.0/16', '11.0.0.1/32'].map(prefix)
  expect(widest(ranges).map(({ text }) => text)).toEqual(['10.0.0.0/8', 'fd00::/8', '11.0.0.1/32'])
})
