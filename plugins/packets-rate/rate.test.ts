import { type HookPeer, packetOf } from 'qanat'
import { describe, expect, it } from 'vitest'
import plugin from './index.js'
import { Limiter, MOST_BUCKETS } from './limiter.js'
import { parseRate } from './rates.js'

const ALICE: HookPeer = { id: 'key of alice', name: 'alice' }
const BOB: HookPeer = { id: 'key of bob', name: 'bob' }
/** Bytes. */
const PACKET = 1_000

const packets = (count: number) =>
  new Array(count).fill(undefined).map(() => packetOf(new Uint8Array(PACKET).fill(0x45, 0, 1)))

/** A limiter of these rates, and how many of so many packets pass. */
function lab(...rates: string[]) {
  const limiter = new Limiter(rates.map(parseRate))
  const passes =
    (way: 'outgoing' | 'incoming') =>
    (count: number, now: number, peer = ALICE): number =>
      limiter[way](packets(count), peer, now)?.packets?.length ?? count
  return { limiter, out: passes('outgoing'), into: passes('incoming') }
}

describe('A rate', () => {
  it('lets a burst pass at once, and then what the rate allows; the rest is dropped and counted', () => {
    const { limiter, out } = lab('8Mbit burst 100KiB')
    expect(out(200, 0)).toBe(102)
    expect(out(200, 10)).toBe(10)
    expect(out(5, 1_000)).toBe(5)
    expect(out(200, 1_000)).toBe(97)
    expect(limiter.drops.exceeded).toBe(200 - 102 + 190 + 103)
  })

  it('comes out exact over a long time, however often it is asked', () => {
    const { out } = lab('8Mbit')
    out(1_000, 0)
    let passed = 0
    for (let now = 0.25; now <= 10_000; now += 0.25) passed += out(1, now)
    expect(Math.abs(passed - 10_000)).toBeLessThanOrEqual(100)
  })

  it('is that of each peer and each way by itself', () => {
    const { out, into } = lab('8Mbit burst 64KiB')
    expect([out(100, 0), into(100, 0), out(100, 0, BOB)]).toEqual([65, 65, 65])
    expect([out(100, 0), into(100, 0), out(100, 0, BOB)]).toEqual([0, 0, 0])
  })

  it('is the first one that is about the peer and the way; without one nothing is limited', () => {
    const { out, into } = lab('out 8Mbit burst 64KiB peer bob', 'out 16Mbit burst 128KiB')
    expect([out(1_000, 0, BOB), out(1_000, 0), into(1_000, 0)]).toEqual([65, 131, 1_000])
  })

  it('is that of the name that the peer has now', () => {
    const { out } = lab('8Mbit burst 64KiB peer bob', '16Mbit burst 128KiB')
    const named = (name: string) => ({ ...BOB, name })
    expect([out(100, 0, BOB), out(100, 0, BOB)]).toEqual([65, 0])
    expect([out(200, 0, named('carol')), out(200, 0, named('dave'))]).toEqual([131, 0])
    expect(out(100, 0, BOB)).toBe(65)
  })

  it('gives 100 ms at once unless it says otherwise, and a packet of any size', () => {
    expect(parseRate('80Mbit').burst).toBe(1_000_000)
    expect(parseRate('10kbit').burst).toBe(65_535)
  })

  it('is refused in one line if it is none', () => {
    const wrong: readonly [rate: string, why: string][] = [
      ['', 'the rate must be within 10kbit to 100Gbit'],
      ['20', 'the rate must be within 10kbit to 100Gbit'],
      ['9kbit', 'the rate must be within 10kbit to 100Gbit'],
      ['101Gbit', 'the rate must be within 10kbit to 100Gbit'],
      ['20mbit', 'the rate must be within 10kbit to 100Gbit'],
      ['in out 20Mbit', 'the rate must be within 10kbit to 100Gbit'],
      ['20Mbit burst 63KiB', 'the burst must be within 64KiB to 1024MiB'],
      ['20Mbit burst', 'the burst must be within 64KiB to 1024MiB'],
      ['20Mbit peer', "behind 'peer' there is no name"],
      ['20Mbit each', "'each' is not expected there; the order is rate, burst, peer"],
    ]
    for (const [rate, why] of wrong)
      expect(() => parseRate(rate)).toThrow(`Cannot read the rate '${rate}': ${why}`)
  })

  it('is kept for a bounded number of peers, and not forgotten while it limits', () => {
    const { out } = lab('8Mbit burst 64KiB')
    expect(out(100, 0)).toBe(65)
    for (let number = 1; number < MOST_BUCKETS; number++) out(1, 0, { id: `peer ${number}` })
    expect(out(1, 20, { id: 'one more' })).toBe(1)
    expect(out(100, 20)).toBe(20)
  })

  it('tells the bytes that it drops, by direction', () => {
    const told: unknown[] = []
    const add = (...given: unknown[]) => void told.push(given)
    const limiter = new Limiter([parseRate('8Mbit burst 64KiB')], undefined, { add })
    limiter.outgoing(packets(60), ALICE, 0)
    limiter.outgoing(packets(10), ALICE, 0)
    limiter.incoming(packets(66), ALICE, 0)
    expect(told).toEqual([
      ['dropped', 5 * PACKET, { reason: 'exceeded', direction: 'out' }],
      ['dropped', PACKET, { reason: 'exceeded', direction: 'in' }],
    ])
  })

  it('has to be given', () => {
    const { create } = plugin.packetHooks['packets-rate']
    expect(() => create({ options: { quotas: [], rates: [] } } as never)).toThrow(
      "'rates' is empty, and so is 'quotas'",
    )
  })
})
