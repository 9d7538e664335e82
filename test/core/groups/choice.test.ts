import { describe, expect, it } from 'vitest'
import { choiceOf } from '../../../src/core/groups/choice.js'
import { Peer } from '../../../src/core/peers/peers.js'

describe('choiceOf', () => {
  it('ranks in the order of the file', () => {
    const members = peers(3)
    expect(choiceOf('order', never).ranked(members)).toEqual(members)
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
