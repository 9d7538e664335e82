import { describe, expect, it } from 'vitest'
import { hasRoom, type Packet, packetOf } from '../../../src/core/api/packet.js'
import type { PacketHook } from '../../../src/core/api/packet-hook.js'
import { dropsOf } from '../../../src/core/forwarding/drops.js'
import type { NamedHook } from '../../../src/core/hooks/hook-runner.js'
import { datagramOf, MOVES, REPLY } from '../../support/core/fake-cipher.js'
import { ipv4, pumpLab, smallPath } from '../forwarding/pump-lab.js'
import { bothWays, noting } from './hooks.js'

const mark = ({ bytes }: Packet) => bytes.at(-1)!
const hook = (work: PacketHook): NamedHook => ({
  name: 'test',
  plugin: 'tested',
  sees: 'packets',
  hook: work,
})

/** A pump that takes packets through some hooks, and lets peer `a` send some by its link. */
function lab(...hooks: NamedHook[]) {
  const pump = pumpLab(hooks)
  return {
    ...pump,
    arrive: (...packets: Uint8Array[]) =>
      pump.pump.receive(
        pump.a,
        packets.map((packet) => datagramOf('a', MOVES, packet)),
      ),
    drops: () => dropsOf({ pump: pump.pump, ...pump.chain!.drops }),
  }
}

describe('Packet hooks', () => {
  it('see what leaves in the order in which they are listed, and what comes in the other way round', () => {
    const order: string[] = []
    const { leave, arrive } = lab(noting('a', order), noting('b', order), noting('c', order))
    leave(ipv4(1, 10))
    arrive(ipv4(10, 1))
    expect(order).toEqual(['a', 'b', 'c', 'c', 'b', 'a'])
  })

  it('are told the peer and the time, a batch to each peer', () => {
    const seen: unknown[] = []
    const { leave, arrive, clock } = lab(
      bothWays('test', (packets, { id }, now) => {
        seen.push([id, packets.map(mark), now])
        return undefined
      }),
    )
    clock.advance(5)
    const now = clock.now()
    leave(ipv4(1, 10, 1), ipv4(1, 11, 2), ipv4(1, 20, 3))
    arrive(ipv4(10, 1, 4))
    expect(seen).toEqual([
      ['a', [1, 2], now],
      ['b', [3], now],
      ['a', [4], now],
    ])
  })

  it('edit packets in place, both ways, and those that leave also in the room around them', () => {
    const longer = (packet: Packet) => {
      const bytes = new Uint8Array(packet.bytes.buffer, packet.bytes.byteOffset, packet.bytes.length + 1)
      bytes[bytes.length - 1] = packet.bytes.at(-1)! + 1
      packet.bytes = bytes
      return undefined
    }
    const { leave, arrive, tun, a } = lab(
      hook({
        outgoing: ([packet]) => longer(packet!),
        incoming: ([packet]) => {
          packet!.bytes[20]! += 1
          return undefined
        },
      }),
    )
    leave(ipv4(1, 10, 5))
    arrive(ipv4(10, 1, 7))
    expect([a.sent[0]!.at(-1), tun.written]).toEqual([6, [[8]]])
  })

  it('leave the room that those behind them rely on', () => {
    const rooms: boolean[] = []
    const { leave } = lab(
      bothWays('test', ([packet]) => {
        packet!.bytes = new Uint8Array(packet!.bytes.buffer, packet!.bytes.byteOffset - 20, 41)
        packet!.bytes[0] = 0x45
        return undefined
      }),
      bothWays('behind', (packets) => {
        rooms.push(...packets.map(({ bytes }) => hasRoom(bytes)))
        return undefined
      }),
    )
    leave(ipv4(1, 10))
    expect(rooms).toEqual([true])
  })

  it('drop packets, which are counted for the hook and the peer, and nothing is sealed of a batch that is dropped', () => {
    const { leave, arrive, marks, a, tun, cipher, drops, peers } = lab(
      bothWays('test', (packets) => ({ packets: packets.filter((packet) => mark(packet) % 2 === 0) })),
    )
    leave(ipv4(1, 10, 1), ipv4(1, 10, 2), ipv4(1, 10, 3), ipv4(1, 10, 4))
    leave(ipv4(1, 10, 5))
    arrive(ipv4(10, 1, 7), ipv4(10, 1, 8))
    expect([marks(a), tun.written]).toEqual([[2, 4], [[8]]])
    expect(drops()).toEqual({ 'hooks.test.dropped': 4 })
    expect(peers.a.drops.hooked).toBe(4)
    expect(cipher.calls).toEqual(['seal a', 'open'])
  })

  it('are counted by the causes that they tell', () => {
    const counts = { denied: 0 }
    const { leave, drops } = lab(
      hook({
        drops: counts,
        outgoing: (packets) => {
          counts.denied += packets.length
          return { packets: [] }
        },
      }),
    )
    leave(ipv4(1, 10), ipv4(1, 10))
    expect(drops()).toEqual({ 'hooks.test.denied': 2 })
  })

  it('put packets of their own in place of others, up to the MTU', () => {
    const own = (length: number, last: number) => {
      const bytes = new Uint8Array(length)
      bytes.set(ipv4(1, 10))
      bytes[length - 1] = last
      return packetOf(bytes)
    }
    const { leave, arrive, marks, a, tun, drops, peers } = lab(
      bothWays('test', ([first]) => ({ packets: [own(1420, 1), first!, own(1421, 2), own(30, 3)] })),
    )
    leave(ipv4(1, 10, 9), ipv4(1, 10), ipv4(1, 10), ipv4(1, 10))
    arrive(ipv4(10, 1, 8))
    expect([marks(a), tun.written]).toEqual([[1, 9, 3], [[1, 8, 3]]])
    expect(drops()).toEqual({ 'hooks.test.tooLarge': 2 })
    expect(peers.a.drops.hooked).toBe(1)
  })

  it('answer the host and the peer, past all other hooks, though nothing goes on', () => {
    const order: string[] = []
    const reply = packetOf(ipv4(10, 1, 66))
    const { leave, arrive, tun, a, cipher } = lab(
      noting('before', order),
      bothWays('test', () => ({ packets: [], replies: [reply] })),
      noting('behind', order),
    )
    leave(ipv4(1, 10))
    expect([tun.written, a.sent, order]).toEqual([[[66]], [], ['before']])
    arrive(ipv4(10, 1))
    expect(a.sent.map((datagram) => datagram.at(-1))).toEqual([66])
    expect([tun.written, order]).toEqual([[[66]], ['before', 'behind']])
    expect(cipher.calls).toEqual(['open', 'seal a'])
  })

  it('answer a peer only once the host has what the cipher lent', () => {
    const { pump, tun, a } = lab(hook({ incoming: () => ({ replies: [packetOf(ipv4(1, 10, 66))] }) }))
    const order: string[] = []
    tun.onWrite = () => order.push('write')
    a.onSend = () => order.push('send')
    pump.receive(a, [datagramOf('a', MOVES | REPLY, ipv4(10, 1, 1)), datagramOf('b', 0, ipv4(20, 1, 2))])
    expect(tun.written).toEqual([[1], [2]])
    expect(order).toEqual(['send', 'write', 'write', 'send'])
  })

  it('answer no peer whose link is full', () => {
    const { arrive, a, pump } = lab(hook({ incoming: () => ({ replies: [packetOf(ipv4(1, 10, 66))] }) }))
    a.writable = false
    arrive(ipv4(10, 1))
    expect([a.sent, pump.drops.congested]).toEqual([[], 1])
  })

  it('see nothing of a peer that it may not send', () => {
    const seen: number[] = []
    const { arrive, pump } = lab(
      hook({
        incoming: (packets) => {
          seen.push(...packets.map(mark))
          return undefined
        },
      }),
    )
    arrive(ipv4(20, 1, 1), ipv4(10, 1, 2))
    expect([seen, pump.drops.foreignSource]).toEqual([[2], 1])
  })

  it('see what leaves before it is made to fit its path, and what they make of it has to fit', () => {
    const seen: number[] = []
    const { leave, marks, peers, a, pump } = lab(
      hook({
        outgoing: (packets) => {
          seen.push(...packets.map(({ bytes }) => bytes.length))
          return undefined
        },
      }),
    )
    peers.a.path = smallPath()
    const tooLarge = Uint8Array.from({ length: 1300 }, (_, at) => ipv4(1, 10)[at] ?? 0)
    tooLarge[6] = 0x40 // it must not be cut
    leave(tooLarge, ipv4(1, 10, 2))
    expect([seen, marks(a), pump.drops.tooLarge]).toEqual([[1300, 21], [2], 1])
  })

  it('see nothing that cannot be sent now', () => {
    const order: string[] = []
    const { leave, peers, b, pump } = lab(noting('test', order))
    peers.a.link = undefined
    b.writable = false
    leave(ipv4(1, 10), ipv4(1, 20))
    expect([order, pump.drops.linkless, pump.drops.congested]).toEqual([[], 1, 1])
  })

  it('let all go on if they return a result without members', () => {
    const { leave, arrive, a, tun, drops } = lab(bothWays('test', () => ({})))
    leave(ipv4(1, 10))
    arrive(ipv4(10, 1, 3))
    expect([a.sent.length, tun.written, drops()]).toEqual([1, [[3]], {}])
  })

  it('may know one way alone', () => {
    const { leave, arrive, a, tun } = lab(hook({ outgoing: () => ({ packets: [] }) }))
    leave(ipv4(1, 10))
    arrive(ipv4(10, 1, 3))
    expect([a.sent, tun.written]).toEqual([[], [[3]]])
  })
})
