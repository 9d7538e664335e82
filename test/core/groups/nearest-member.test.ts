import { describe, expect, it } from 'vitest'
import { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'
import { choiceOf } from '../../../src/core/groups/choice.js'
import { ANSWER_LIMIT, MEASURED_FOR, NearestMember } from '../../../src/core/groups/nearest-member.js'
import { PeerGroup } from '../../../src/core/peers/peer-group.js'
import { Peer, Peers } from '../../../src/core/peers/peers.js'

describe('NearestMember', () => {
  it('calls those that were not measured one after another, and moves where one is nearer', () => {
    const { answers, calls, group, members, nearest } = office([50, 60, 20, 18])
    nearest.start()
    expect(calls).toEqual(['+1'])
    answers(1)
    expect(calls).toEqual(['+1', '-1', '+2'])
    answers(2)
    expect([calls.slice(3), group.active]).toEqual([['moved to 2', '-0', '+3'], members[2]])
    answers(3)
    expect([calls.slice(6), group.moves]).toEqual([['-3'], 1])
  })

  it('goes on where one does not answer within 3 s, cannot be reached, or fails', () => {
    const { calls, clock, members, nearest } = office([50, 60, 20, 18])
    nearest.start()
    clock.advance(ANSWER_LIMIT)
    nearest.failed(members[2]!)
    nearest.told(members[3]!, { kind: 'round over' })
    expect(calls).toEqual(['+1', '-1', '+2', '-2', '+3', '-3'])
    clock.advance(ANSWER_LIMIT)
    expect(calls).toHaveLength(6)
  })

  it('measures again after 10 to 15 minutes, and not what was measured meanwhile', () => {
    const { answers, calls, clock, members, nearest } = office([50, 60, 55])
    nearest.start()
    answers(1)
    answers(2)
    clock.advance(MEASURED_FOR)
    members[1]!.roundTrip.took(60, clock.now())
    clock.advance(MEASURED_FOR / 4)
    expect(calls.slice(4)).toEqual(['+2'])
  })

  it('hangs up and measures no more where it is stopped, and where round trips do not matter', () => {
    const { calls, clock, nearest } = office([50, 60])
    nearest.start()
    nearest.stop()
    nearest.stop()
    expect([calls, clock.pending]).toEqual([['+1', '-1'], 0])
    const indifferent = office([50, 60], 'order')
    indifferent.nearest.start()
    expect([indifferent.calls, indifferent.clock.pending]).toEqual([[], 0])
  })
})

/** A group whose members take so many milliseconds to answer, the first of which is the active one and was measured. */
function office(roundTrips: readonly number[], choose: 'nearest' | 'order' = 'nearest') {
  const clock = new VirtualClock()
  clock.advance(MEASURED_FOR)
  const peers = new Peers()
  const members = roundTrips.map((_, index) => new Peer(String(index)))
  for (const peer of members) peers.add(peer, [])
  const active = members[0]!
  active.roundTrip.took(roundTrips[0]!, clock.now())
  const group = new PeerGroup({ name: 'office', peers, members, active, since: 0, allowed: [], moved() {} })
  const calls: string[] = []
  const { isNearer } = choiceOf(choose, () => '')
  const nearest = new NearestMember({
    ...{ group, clock, isNearer: () => isNearer, random: () => 0.5, run: (work: () => void) => work() },
    call: ({ id }) => calls.push(`+${id}`),
    hangUp: ({ id }) => calls.push(`-${id}`),
    moved: ({ id }) => calls.push(`moved to ${id}`),
  })
  const answers = (index: number) => {
    members[index]!.roundTrip.took(roundTrips[index]!, clock.now())
    nearest.told(members[index]!, { kind: 'found' })
  }
  return { answers, calls, clock, group, members, nearest }
}
