import { describe, expect, it } from 'vitest'
import { choiceOf } from '../../../src/core/groups/choice.js'
import { Peer } from '../../../src/core/peers/peers.js'

describe('choiceOf', () => {
  it('ranks in the order of the file', () => {
    const members = peers(3)
    expect(choiceOf('order', never).ranked(members)).toEqual(members)
    expect(choiceOf('order', never).isNearer).toBeUndefined()
  })

  it('ranks by round trip, and those that were never measured last, in the order of the file', () => {
    const [a, b, c, d] = peers(4)
    c!.roundTrip.took(20, 0)
    b!.roundTrip.took(30, 0)
    expect(ids(choiceOf('nearest', never).ranked([a!, b!, c!, d!]))).toEqual(['2', '1', '0', '3'])
  })

  it.each([
    [100, 80, true],
    [100, 81, false],
    [20, 15, true],
    [20, 16, false],
    [1_000, 900, false],
    [10, 6, false],
  ])('calls a member nearer where the active one takes %i ms, and it %i: %s', (active, other, isNearer) => {
    const [a, b] = peers(2)
    a!.roundTrip.took(active, 0)
    b!.roundTrip.took(other, 0)
    expect(choiceOf('nearest', never).isNearer!(b!, a!)).toBe(isNearer)
  })

  it('calls no member nearer that was never measured', () => {
    const [a, b] = peers(2)
    a!.roundTrip.took(500, 0)
    expect(choiceOf('nearest', never).isNearer!(b!, a!)).toBe(false)
  })

  it('spreads clients evenly, and those of a lost member, too', () => {
    const members = peers(4)
    const firsts = new Map<string, number>()
    const seconds = new Map<string, number>()
    for (let client = 0; client < 4_000; client++) {
      const [first, second] = choiceOf('spread', () => `client ${client}`).ranked(members)
      firsts.set(first!.id, (firsts.get(first!.id) ?? 0) + 1)
      if (first === members[0]) seconds.set(second!.id, (seconds.get(second!.id) ?? 0) + 1)
    }
    for (const count of firsts.values()) expect(Math.abs(count - 1_000)).toBeLessThan(120)
    expect([firsts.size, seconds.size]).toEqual([4, 3])
    for (const count of seconds.values()) expect(Math.abs(count - firsts.get('0')! / 3)).toBeLessThan(70)
  })

  it('draws alike whatever the order of the file is, and moves nobody who does not draw one that comes', () => {
    const members = peers(5)
    let moved = 0
    for (let client = 0; client < 500; client++) {
      const { ranked } = choiceOf('spread', () => `client ${client}`)
      expect(ids(ranked(members.toReversed()))).toEqual(ids(ranked(members)))
      const [before, after] = [ranked(members.slice(0, 4))[0], ranked(members)[0]]
      if (before !== after) {
        moved++
        expect(after).toBe(members[4])
      }
    }
    expect(moved).toBeGreaterThan(60)
  })

  it('draws for ever as it did first', () => {
    const { ranked } = choiceOf('spread', () => 'client 1')
    expect(ids(ranked(peers(6))).join(' ')).toBe('4 3 2 0 5 1')
  })
})

function peers(count: number): Peer[] {
  return Array.from({ length: count }, (_, index) => new Peer(String(index)))
}

function ids(members: readonly Peer[]): string[] {
  return members.map(({ id }) => id)
}

function never(): never {
  throw new Error('it was asked who this end is')
}
