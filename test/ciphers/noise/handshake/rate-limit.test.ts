import { describe, expect, it } from 'vitest'
import { RateLimit, SourceLimits } from '../../../../src/ciphers/noise/handshake/rate-limit.js'

const RATE = { perSecond: 20, burst: 5 }
const START = 1_000_000

/** How often it is allowed at one moment. */
function taken(take: () => boolean): number {
  let count = 0
  while (count < 1_000 && take()) count++
  return count
}

describe('RateLimit', () => {
  it('allows a burst, and then as much as time brings', () => {
    const limit = new RateLimit(RATE)
    expect(taken(() => limit.take(START))).toBe(5)
    expect(taken(() => limit.take(START + 49))).toBe(0)
    expect(taken(() => limit.take(START + 50))).toBe(1)
    expect(taken(() => limit.take(START + 150))).toBe(2)
  })

  it('saves up no more than a burst, however long nothing is asked', () => {
    const limit = new RateLimit(RATE)
    taken(() => limit.take(START))
    expect(taken(() => limit.take(START + 3_600_000))).toBe(5)
  })
})

describe('SourceLimits', () => {
  it('takes the addresses of one /64 for one source, and IPv4 addresses one by one', () => {
    const limits = new SourceLimits(RATE)
    const ipv6 = (network: number, host: number) =>
      Uint8Array.of(0x20, 1, 0, 0, 0, 0, 0, network, 0, 0, 0, 0, 0, 0, 0, host)
    let host = 0
    expect(taken(() => limits.take(ipv6(1, host++), START))).toBe(5)
    expect(limits.take(ipv6(2, 0), START)).toBe(true)
    expect(taken(() => limits.take(Uint8Array.of(192, 0, 2, 1), START))).toBe(5)
    expect(limits.take(Uint8Array.of(192, 0, 2, 2), START)).toBe(true)
  })

  it('remembers 4,096 sources, and then forgets the one that it saw first', () => {
    const limits = new SourceLimits(RATE)
    const source = (number: number) => Uint8Array.of(10, 0, number >> 8, number & 0xff)
    for (const number of [0, 1]) taken(() => limits.take(source(number), START))
    for (let number = 2; number < 4_096; number++) limits.take(source(number), START)
    expect(limits.take(source(0), START)).toBe(false)
    limits.take(source(4_096), START)
    expect(limits.take(source(1), START)).toBe(false)
    expect(limits.take(source(0), START)).toBe(true)
  })
})
