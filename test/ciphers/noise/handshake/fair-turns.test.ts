import { describe, expect, it } from 'vitest'
import { FairTurns } from '../../../../src/ciphers/noise/handshake/fair-turns.js'

const RATE = { perSecond: 500, burst: 500 }
const START = 1_000_000
/** Milliseconds from one step of a test to the next. */
const STEP = 10
const SECONDS = 10

/** The address of one source. */
const source = (number: number) => Uint8Array.of(10, 0, number >> 8, number & 0xff)

/** How often a source is allowed at one moment. */
function taken(turns: FairTurns, number: number, now: number): number {
  let count = 0
  while (count < 1_000 && turns.take(source(number), now)) count++
  return count
}

/** How often each of some sources that never stop asking is allowed within SECONDS. */
function flood(turns: FairTurns, sources: number): number[] {
  const counts = new Array<number>(sources).fill(0)
  for (let now = START; now < START + SECONDS * 1_000; now += STEP) {
    for (let number = 0; number < sources; number++) counts[number]! += taken(turns, number, now)
  }
  return counts
}

describe('FairTurns', () => {
  it('allows one source half of a burst at once, and then all that time brings', () => {
    const turns = new FairTurns(RATE)
    expect(taken(turns, 1, START)).toBe(250)
    expect(taken(turns, 1, START + 1)).toBe(0)
    expect(taken(turns, 1, START + 100)).toBe(50)
    expect(taken(turns, 1, START + 3_600_000)).toBe(250)
  })

  it('allows a source that asks seldom as often as it asks while another floods', () => {
    const turns = new FairTurns(RATE)
    for (let now = START; now < START + SECONDS * 1_000; now += STEP) {
      taken(turns, 1, now)
      expect(turns.take(source(2), now)).toBe(true)
    }
  })

  it.each([1, 2, 25, 249])(
    'allows 500 a second in all to %i sources that flood, and each its share',
    (sources) => {
      const counts = flood(new FairTurns(RATE), sources)
      const total = counts.reduce((sum, count) => sum + count)
      expect(total).toBeGreaterThanOrEqual(500 * SECONDS)
      expect(total).toBeLessThanOrEqual(500 * SECONDS + 750)
      expect(Math.min(...counts)).toBeGreaterThanOrEqual(Math.floor((500 * SECONDS) / sources))
    },
  )

  it('lets a source in that comes while 249 others flood', () => {
    const turns = new FairTurns(RATE)
    flood(turns, 249)
    expect(turns.take(source(250), START + SECONDS * 1_000 - STEP)).toBe(true)
  })

  it('takes the addresses of one /64 for one source', () => {
    const turns = new FairTurns(RATE)
    const ipv6 = (network: number, host: number) =>
      Uint8Array.of(0x20, 1, 0xd, 0xb8, 0, 0, 0, network, 0, 0, 0, 0, 0, 0, host >> 8, host & 0xff)
    let host = 0
    while (turns.take(ipv6(1, host), START)) host++
    expect(host).toBe(250)
    expect(turns.take(ipv6(2, 0), START)).toBe(true)
  })

  it('remembers no source longer than something waits for it, and 750 at the most', () => {
    const turns = new FairTurns(RATE)
    for (let number = 0; number < 5_000; number++) turns.take(source(number), START)
    expect(turns.sources).toBe(750)
    turns.take(source(0), START + 1_500)
    expect(turns.sources).toBe(1)
  })
})
