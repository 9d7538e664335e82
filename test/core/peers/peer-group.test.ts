import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ipPacket } from '../../../src/conformance/kit/packets.js'
import { newPumpDrops } from '../../../src/core/forwarding/drops.js'
import { Router } from '../../../src/core/forwarding/router.js'
import { parseIpPrefix } from '../../../src/core/ip/ip-prefix.js'
import { type GroupMove, PeerGroup } from '../../../src/core/peers/peer-group.js'
import { Peer, Peers } from '../../../src/core/peers/peers.js'

/** Milliseconds for which a former active member is admitted, as users are promised. */
const FORMER_FOR = 5_000
const OFFICE = ['10.1.0.0/16', 'fd00::/16'].map((text) => parseIpPrefix(text)!)
/** An address of each. */
const INSIDE = [Uint8Array.of(10, 1, 2, 3), Uint8Array.of(0xfd, ...Array<number>(15).fill(0))]

describe('PeerGroup', () => {
  it('lends all its addresses to its active member, and tells of a move once', () => {
    const { group, members, moves, owners } = office(3)
    const [first, second] = members
    expect([owners(), group.since]).toEqual([[first, first], -5])
    group.move(second!, 'a test', 100)
    group.move(second!, 'a test', 200)
    expect(owners()).toEqual([second, second])
    expect([group.active, group.moves, group.since]).toEqual([second, 1, 100])
    expect(moves.map(({ from, to, why }) => [from.id, to.id, why])).toEqual([['0', '1', 'a test']])
  })

  it('has the router admit what a former active member sends for 5 s, and no other member', () => {
    const { group, members, router } = office(3)
    const [first, second, third] = members
    const packet = packetFrom(INSIDE[0]!)
    const admitted = (now: number) => [first, second, third].map((peer) => router.admits(peer!, packet, now))
    expect(admitted(0)).toEqual([true, false, false])
    group.move(second!, 'a test', 1_000)
    expect(admitted(1_000 + FORMER_FOR - 1)).toEqual([true, true, false])
    expect(admitted(1_000 + FORMER_FOR)).toEqual([false, true, false])
  })

  it('lets a former member send to what its group owns where peers are kept apart, as it could before', () => {
    const { group, members, router } = office(2)
    router.isolates = true
    group.move(members[1]!, 'a test', 0)
    const packet = packetFrom(INSIDE[0]!, INSIDE[0]!)
    expect(router.admits(members[0]!, packet, 1)).toBe(true)
  })

  it('keeps its active member where others come and go, and goes to the first one where that leaves', () => {
    const { group, members, owners, peers } = office(3)
    const [first, second, third] = members
    group.move(third!, 'a test', 0)
    group.become([second!, third!], OFFICE, 50)
    expect([owners(), first!.group, group.since]).toEqual([[third, third], undefined, 0])
    peers.remove(third!)
    group.become([first!, second!], OFFICE.slice(0, 1), 60)
    expect([owners(), group.moves, group.since]).toEqual([[first, undefined], 1, 60])
    group.dissolve()
    expect([owners(), first!.group, second!.group]).toEqual([[undefined, undefined], undefined, undefined])
  })

  it('counts as one peer', () => {
    const { members, peers } = office(2)
    expect(peers.isAlone(members[0]!)).toBe(true)
    const other = new Peer('other')
    peers.add(other, [])
    expect([peers.isAlone(members[0]!), peers.isAlone(other)]).toEqual([false, false])
  })

  it('has one owner for each prefix at any time, and admits nobody else but who was active less than 5 s ago', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('move' as const), to: fc.nat(4) }),
      fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(4_000) }),
      fc.record({ kind: fc.constant('become' as const), who: fc.uniqueArray(fc.nat(4), { minLength: 1 }) }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const { group, members, owners } = office(5)
        /** When each was active last. */
        const activeAt = new Map<Peer, number>()
        let now = 0
        for (const one of steps) {
          activeAt.set(group.active, now)
          if (one.kind === 'wait') now += one.ms
          else if (one.kind === 'become') {
            group.become(
              one.who.map((index) => members[index]!),
              OFFICE,
              now,
            )
            for (const peer of members) if (!group.members.includes(peer)) activeAt.delete(peer)
          } else if (group.members.includes(members[one.to]!)) group.move(members[one.to]!, 'a test', now)
          if (one.kind === 'wait') activeAt.set(group.active, now)
          expect(owners()).toEqual([group.active, group.active])
          for (const peer of members) {
            const isFormer = now - (activeAt.get(peer) ?? Number.NEGATIVE_INFINITY) < FORMER_FOR
            const admits = group.admits(peer, now)
            if (peer === group.active) expect(admits).toBe(true)
            else if (!isFormer) expect(admits).toBe(false)
          }
        }
      }),
    )
  })
})

/** A group of so many members, whose ids are their numbers. */
function office(count: number) {
  const peers = new Peers()
  const members = Array.from({ length: count }, (_, index) => new Peer(String(index)))
  for (const peer of members) peers.add(peer, [])
  const moves: GroupMove[] = []
  const group = new PeerGroup({
    ...{ name: 'office', peers, members, active: members[0]!, since: -5, allowed: OFFICE },
    moved: (move) => moves.push(move),
  })
  const owners = () => INSIDE.map((address) => peers.owner(address, 0, address.length as 4 | 16))
  return { group, members, moves, owners, peers, router: new Router(peers, newPumpDrops()) }
}

/** An IPv4 packet between two addresses. */
function packetFrom(source: Uint8Array, destination = Uint8Array.of(192, 0, 2, 1)): Uint8Array {
  const packet = ipPacket(40, 4)
  packet.set(source, 12) // source address, RFC 791
  packet.set(destination, 16)
  return packet
}
