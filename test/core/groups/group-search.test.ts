import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'
import { choiceOf } from '../../../src/core/groups/choice.js'
import { GroupSearch } from '../../../src/core/groups/group-search.js'
import { PeerGroup } from '../../../src/core/peers/peer-group.js'
import { Peer, Peers } from '../../../src/core/peers/peers.js'

/** Milliseconds after which the next member is called, as users are promised. */
const NEXT_AFTER = 300

describe('GroupSearch', () => {
  it('calls the next member each 300 ms while none answers', () => {
    const { calls, clock, search } = office(4)
    void search.start()
    clock.advance(0)
    expect(calls).toEqual(['+0'])
    clock.advance(NEXT_AFTER - 1)
    expect(calls).toEqual(['+0'])
    clock.advance(1)
    expect(calls).toEqual(['+0', '+1'])
    clock.advance(10_000)
    expect(calls).toEqual(['+0', '+1', '+2', '+3'])
  })

  it('makes the first one that answers the active one, and has the others stand by', () => {
    const { calls, clock, group, members, search } = office(4)
    void search.start()
    clock.advance(2 * NEXT_AFTER)
    search.told(members[1]!, { kind: 'found' })
    expect(calls).toEqual(['+0', '+1', '+2', '-0', '-2'])
    clock.advance(10_000)
    expect([calls.length, group.active, clock.pending]).toEqual([5, members[1], 0])
  })

  it('moves nowhere where the best answers', () => {
    const { calls, clock, group, members, search } = office(2)
    void search.start()
    clock.advance(100)
    search.told(members[0]!, { kind: 'found' })
    clock.advance(10_000)
    expect([calls, group.moves]).toEqual([['+0'], 0])
  })

  it('calls the next member at once where all endpoints of one failed, which is called on', () => {
    const { calls, clock, members, search } = office(3)
    void search.start()
    clock.advance(0)
    search.told(members[0]!, { kind: 'round over' })
    clock.advance(0)
    search.told(members[1]!, { kind: 'round over' })
    clock.advance(0)
    expect(calls).toEqual(['+0', '+1', '+2'])
  })

  it.each([
    ['at once where the active one fell silent', true, 0],
    ['after 300 ms where its link ended', false, NEXT_AFTER],
  ])('calls others %s', (_when, isSilent, after) => {
    const { calls, clock, members, search } = office(2)
    void search.start()
    clock.advance(0)
    search.told(members[0]!, { kind: 'found' })
    clock.advance(60_000)
    search.told(members[0]!, { kind: 'lost', isSilent })
    if (after > 0) clock.advance(after - 1)
    expect(calls).toEqual(['+0'])
    clock.advance(after > 0 ? 1 : 0)
    expect(calls).toEqual(['+0', '+1'])
  })

  it('stays with the active one where that answers first again', () => {
    const { calls, clock, group, members, search } = office(3)
    void search.start()
    clock.advance(0)
    search.told(members[0]!, { kind: 'found' })
    search.told(members[0]!, { kind: 'lost', isSilent: true })
    clock.advance(0)
    search.told(members[0]!, { kind: 'found' })
    expect([calls, group.active, group.moves]).toEqual([['+0', '+1', '-1'], members[0], 0])
  })

  it('has members behind one proxy that asks for a login take turns, with pauses that grow', () => {
    const { calls, clock, members, search, times } = office(3, { logins: ['a', 'a', undefined] })
    void search.start()
    clock.advance(NEXT_AFTER)
    expect(calls).toEqual(['+0', '+2'])
    search.told(members[0]!, { kind: 'round over' })
    clock.advance(0)
    expect(calls).toEqual(['+0', '+2', '-0', '+1'])
    search.told(members[2]!, { kind: 'round over' })
    for (let round = 0; round < 30; round++) {
      const [last] = [...calls].reverse()
      search.told(members[Number(last!.slice(1))]!, { kind: 'round over' })
      clock.advance(40_000)
    }
    const turns = calls.slice(4).filter((call) => call.startsWith('+'))
    expect(new Set(turns)).toEqual(new Set(['+0', '+1']))
    expect(times.length).toBeLessThan(100)
  })

  it('starts once a link is open, once all were tried, or not at all if none can ever be reached', async () => {
    const opened = office(2)
    const first = opened.search.start()
    opened.clock.advance(0)
    opened.search.told(opened.members[0]!, { kind: 'opened' })
    await first

    const failed = office(2)
    const second = failed.search.start()
    failed.clock.advance(NEXT_AFTER)
    for (const member of failed.members) failed.search.told(member, { kind: 'round over' })
    await second

    const impossible = office(2)
    const third = impossible.search.start()
    impossible.clock.advance(0)
    impossible.search.cannotReach(impossible.members[0]!, new Error('no such transport'))
    impossible.clock.advance(0)
    impossible.search.cannotReach(impossible.members[1]!, new Error('none either'))
    await expect(third).rejects.toThrow('none either')
  })

  it('calls members that come, and forgets those that left', () => {
    const { calls, clock, group, members, peers, search } = office(2)
    void search.start()
    clock.advance(0)
    search.told(members[0]!, { kind: 'found' })
    const third = new Peer('2')
    peers.add(third, [])
    group.become([members[0]!, third], [], 0)
    search.changed()
    clock.advance(1_000)
    expect(calls).toEqual(['+0'])
    group.become([members[1]!, third], [], 0)
    search.changed()
    clock.advance(1_000)
    expect(calls).toEqual(['+0', '+1', '+2'])
  })

  it('calls nobody twice, no two by one login, and somebody as long as nobody is reached', () => {
    const event = fc.record({
      member: fc.nat(4),
      kind: fc.constantFrom('opened', 'found', 'round over', 'lost', 'cannot' as const),
      wait: fc.nat(500),
    })
    const logins = fc.array(fc.constantFrom('a', 'b', undefined), { minLength: 5, maxLength: 5 })
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), logins, (events, logins) => {
        const { called, clock, group, members, search } = office(5, { logins })
        search.start().catch(() => {})
        clock.advance(0)
        let reached: Peer | undefined
        for (const { kind, member: index, wait } of events) {
          const member = members[index]!
          if (called.has(member)) {
            if (kind === 'lost') search.told(member, { kind, isSilent: index % 2 === 0 })
            else if (kind === 'cannot') {
              if (reached !== member) search.cannotReach(member, new Error('cannot'))
            } else if (kind !== 'round over' || reached === undefined) search.told(member, { kind } as never)
            if (kind === 'found') reached = member
            if (kind === 'lost' && reached === member) reached = undefined
          }
          clock.advance(wait)
          const used = [...called].flatMap((one) => logins[members.indexOf(one)] ?? [])
          expect(new Set(used).size).toBe(used.length)
          expect(called.size).toBeGreaterThan(0)
          if (reached !== undefined) expect([...called, group.active]).toEqual([reached, reached])
        }
      }),
    )
  })
})

interface Given {
  /** By member the login that the proxy before it asks for. */
  readonly logins?: readonly (string | undefined)[]
}

/** A group whose members are called by a test alone. */
function office(count: number, { logins = [] }: Given = {}) {
  const clock = new VirtualClock()
  const peers = new Peers()
  const members = Array.from({ length: count }, (_, index) => new Peer(String(index)))
  for (const peer of members) peers.add(peer, [])
  const group = new PeerGroup({
    ...{ name: 'office', peers, members, active: members[0]!, since: 0, allowed: [] },
    moved() {},
  })
  /** Who was called, `+`, and hung up on, `-`, and when. */
  const calls: string[] = []
  const times: number[] = []
  const called = new Set<Peer>()
  const note = (text: string) => {
    calls.push(text)
    times.push(clock.now())
  }
  const choice = choiceOf('order', () => '')
  const search = new GroupSearch({
    ...{ group, clock, choice: () => choice, random: () => 0.5 },
    call(member) {
      expect(called.has(member)).toBe(false)
      called.add(member)
      note(`+${member.id}`)
    },
    hangUp(member) {
      expect(called.delete(member)).toBe(true)
      note(`-${member.id}`)
    },
    logins: (member) => {
      const login = logins[members.indexOf(member)]
      return login === undefined ? [] : [login]
    },
    run: (work) => work(),
  })
  return { called, calls, clock, group, members, peers, search, times }
}
