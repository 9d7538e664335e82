import type { HookPeer, Packet } from 'qanat'
import { describe, expect, it } from 'vitest'
import { Filter } from './filter.js'
import { MOST_FLOWS } from './flow-table.js'
import { FRAGMENT_LIFETIME, MOST_FRAGMENTED } from './fragment-table.js'
import { ALICE, answer, BOB, packet, packet6, type Recipe, TCP_REST } from './packets.js'
import { parseRule } from './rules.js'

const MORE_FRAGMENTS = 0x2000
const RST = 4
const ACK = 16

/** A filter, and whether it lets packets pass, each by itself. */
function lab(...rules: string[]) {
  const filter = new Filter(rules.map(parseRule))
  const passes =
    (way: 'outgoing' | 'incoming') =>
    (packet: Packet, peer: HookPeer = ALICE, now = 0) =>
      filter[way]([packet], peer, now) === undefined
  return { filter, out: passes('outgoing'), into: passes('incoming') }
}

describe('The filter', () => {
  it('lets no packet pass without a rule about it, and counts those', () => {
    const { filter, out, into } = lab('allow out tcp port 22')
    expect([out(packet()), into(answer()), out(packet({ toPort: 22 }))]).toEqual([false, false, true])
    expect(filter.drops).toEqual({ denied: 2, malformed: 0, fragments: 0 })
  })

  it('goes by the first rule that is about a packet', () => {
    const { out } = lab('drop out to 10.0.0.2 peer bob', 'allow out', 'drop out')
    expect([out(packet()), out(packet(), BOB)]).toEqual([true, false])
  })

  it('keeps those of a batch that pass, in their order', () => {
    const { filter } = lab('allow out tcp port 22')
    const batch = [22, 80, 22].map((toPort) => packet({ toPort }))
    expect(filter.outgoing(batch, ALICE, 0)).toEqual({ packets: [batch[0], batch[2]] })
  })
})

describe('Flows that this end may begin alone', () => {
  it('let answers pass, and nothing that a peer begins', () => {
    const { out, into } = lab('allow out')
    expect(into(answer())).toBe(false)
    expect(out(packet())).toBe(true)
    expect(into(answer())).toBe(true)
    for (const other of [
      { toPort: 81 },
      { fromPort: 40_001 },
      { to: '10.0.0.3' },
      { from: '10.0.0.9' },
      { protocol: 17 },
    ])
      expect(into(answer(other))).toBe(false)
  })

  it('are known by the peer, so that no other may answer', () => {
    const { out, into } = lab('allow out')
    out(packet())
    expect([into(answer(), BOB), into(answer(), ALICE)]).toEqual([false, true])
  })

  it('are forgotten after a while, which each packet begins anew', () => {
    const { out, into } = lab('allow out')
    const udp: Recipe = { protocol: 17, rest: [0, 8, 0, 0] }
    const most = 300_000
    out(packet(udp), ALICE, 0)
    expect(into(answer(udp), ALICE, most - 1)).toBe(true)
    expect(into(answer(udp), ALICE, 2 * most - 2)).toBe(true)
    expect(into(answer(udp), ALICE, 3 * most - 2)).toBe(false)
  })

  it('are forgotten sooner once a connection ends', () => {
    const { out, into } = lab('allow out')
    out(packet())
    expect(into(answer({ flags: RST }), ALICE, 0)).toBe(true)
    expect(into(answer({ flags: ACK }), ALICE, 239_999)).toBe(true)
    out(packet({ flags: RST }), ALICE, 300_000)
    expect(into(answer(), ALICE, 540_000)).toBe(false)
  })

  it('are known as long as new ones if a connection begins anew', () => {
    const { out, into } = lab('allow out')
    out(packet())
    expect(into(answer({ flags: RST }), ALICE, 0)).toBe(true)
    expect(out(packet(), ALICE, 100_000)).toBe(true)
    expect(into(answer(), ALICE, 400_000)).toBe(true)
    out(packet({ flags: RST | 2 }), ALICE, 500_000)
    expect(into(answer(), ALICE, 740_000)).toBe(false)
  })

  it('are bounded: those that are used stay, and of the others the oldest go', () => {
    const { out, into } = lab('allow out', 'allow in udp')
    const many = (number: number): Recipe => ({ toPort: number & 0xffff, to: `10.0.${number >> 16}.2` })
    for (let number = 0; number < MOST_FLOWS; number++) out(packet(many(number)))
    expect(into(answer(many(0)))).toBe(true)
    for (let number = 0; number < 1_000; number++)
      into(answer({ protocol: 17, toPort: number, rest: [0, 8, 0, 0] }))
    out(packet(many(MOST_FLOWS)))
    expect([0, 1, 2, MOST_FLOWS].map((number) => into(answer(many(number))))).toEqual([
      true,
      false,
      true,
      true,
    ])
  })

  it('let the ICMP errors about their packets pass, and no others', () => {
    const { out, into } = lab('allow out tcp')
    const sent = packet()
    out(sent)
    const error = (quoted: Uint8Array, type = 3) =>
      packet({
        ...{ from: '10.0.0.2', to: '10.0.0.1', protocol: 1 },
        ...{ fromPort: type << 8, toPort: 0, rest: [0, 0, 0, 0, ...quoted] },
      })
    expect(into(error(sent.bytes.subarray(0, 28)))).toBe(true)
    expect(into(error(packet({ toPort: 81 }).bytes))).toBe(false)
    expect(into(error(answer().bytes))).toBe(false)
    expect(into(error(sent.bytes.subarray(0, 24)))).toBe(false)
    expect(into(error(sent.bytes, 8))).toBe(false)
  })

  it('tell ICMP queries apart by their identifiers', () => {
    const { out, into } = lab('allow out icmp')
    const echo = (id: number, type: number, from: string, to: string) =>
      packet({ from, to, protocol: 1, fromPort: type << 8, toPort: 0, rest: [id >> 8, id & 255, 0, 1] })
    out(echo(700, 8, '10.0.0.1', '10.0.0.2'))
    expect(into(echo(700, 0, '10.0.0.2', '10.0.0.1'))).toBe(true)
    expect(into(echo(701, 0, '10.0.0.2', '10.0.0.1'))).toBe(false)
  })
})

describe('Fragments', () => {
  const later = (offset: number, id = 7) => packet({ id, fragment: offset / 8, fromPort: 0, toPort: 80 })
  const first = (toPort: number, id = 7) => packet({ id, toPort, fragment: MORE_FRAGMENTS })

  it('follow the first one, whatever their bytes look like', () => {
    const { out } = lab('allow out tcp port 22')
    expect([out(first(22)), out(later(24)), out(later(48))]).toEqual([true, true, true])
    expect([out(first(80, 8)), out(later(24, 8)), out(later(24, 9))]).toEqual([false, false, false])
  })

  it('follow for a while, to the same peer and the same way', () => {
    const { filter, out, into } = lab('allow out')
    out(first(22))
    expect([out(later(24), BOB), into(later(24)), out(later(24), ALICE, FRAGMENT_LIFETIME)]).toEqual([
      false,
      false,
      false,
    ])
    expect(filter.drops.fragments).toBe(3)
  })

  it('write over no header that was looked at', () => {
    const { out } = lab('allow out')
    out(first(22))
    expect([out(later(8)), out(later(16)), out(later(24))]).toEqual([false, false, true])
  })

  it('of IPv6 overlap no first one, whatever header they say is next', () => {
    const TCP = { protocol: 6, rest: TCP_REST }
    const fragment = (offset: number, id: number) => [44, 0, offset >> 8, (offset & 255) | 1, 0, 0, 0, id]
    const options = (length: number) => [60, length / 8 - 1, 1, length - 4, ...new Array(length - 4).fill(0)]
    for (const length of [8, 32]) {
      const { filter, into } = lab('allow in tcp port 80')
      expect(into(packet6([fragment(0, length), options(length)], 1, 80, TCP))).toBe(true)
      expect(into(packet6([fragment(length, length), options(8)], 1, 22, TCP))).toBe(false)
      expect(into(packet6([fragment(length, length)], 1, 22, TCP))).toBe(false)
      expect(into(packet6([fragment(0, length)], 1, 80, TCP))).toBe(false)
      expect(into(packet6([fragment(length + 24, length)], 1, 22, TCP))).toBe(true)
      expect(filter.drops.fragments).toBe(3)
    }
  })

  it('overlap no first one, the longest of those whose identification comes round', () => {
    const { out } = lab('allow out')
    const longer = { rest: [...TCP_REST, ...new Array(28).fill(0)] }
    out(packet({ id: 7, fragment: MORE_FRAGMENTS, ...longer }))
    out(first(22))
    expect([out(later(40)), out(later(48))]).toEqual([false, true])
    out(first(22), ALICE, FRAGMENT_LIFETIME)
    expect(out(later(24), ALICE, FRAGMENT_LIFETIME)).toBe(true)
  })

  it('of one peer, and of one way, take no room of others', () => {
    const { out, into } = lab('allow')
    out(first(22))
    into(first(22))
    for (let id = 0; id < MOST_FRAGMENTED; id++) into(first(22, 100 + id), BOB)
    for (let id = 0; id < MOST_FRAGMENTED; id++) into(first(22, 100 + id))
    const last = 99 + MOST_FRAGMENTED
    expect([out(later(24)), into(later(24)), into(later(24, last)), into(later(24, last), BOB)]).toEqual([
      ...[true, false, true, true],
    ])
    into(first(22))
    for (let id = 0; id < MOST_FRAGMENTED; id++) into(first(22, 5_000 + id), BOB)
    expect([into(later(24)), into(later(24, 100), BOB)]).toEqual([true, false])
  })

  it('hold all that is asked about in the first one, or it is dropped', () => {
    const { filter, out } = lab('allow')
    expect(out(packet({ fragment: MORE_FRAGMENTS, rest: [0, 0, 0, 1] }))).toBe(false)
    expect(filter.drops.malformed).toBe(1)
  })
})

describe('Headers', () => {
  const hopByHop = [0, 0, 1, 4, 0, 0, 0, 0]
  const options = [60, 1, 1, 12, ...new Array(12).fill(0)]

  it('of IPv6 are walked to the ports, and of IPv4 its options', () => {
    const { out } = lab('allow out udp port 53', 'allow out tcp port 80')
    expect(out(packet6([hopByHop, options]))).toBe(true)
    expect(out(packet6([hopByHop, options], 53, 54))).toBe(false)
    expect(out(packet({ options: 8 }))).toBe(true)
    expect(out(packet({ options: 8, fromPort: 80, toPort: 81 }))).toBe(false)
  })

  it('that are not whole are no way past the rules', () => {
    const { filter, out } = lab('allow')
    const cut = packet6([hopByHop])
    cut.bytes[41] = 200
    const short = packet({ rest: [] })
    expect([out(cut), out(short), out({ ...short, bytes: short.bytes.subarray(0, 12) })]).toEqual([
      false,
      false,
      false,
    ])
    expect(filter.drops.malformed).toBe(3)
  })

  it('of IPv6 fragments lead to their first one', () => {
    const { out } = lab('allow out udp port 53')
    const fragment = (offset: number) => [44, 0, offset >> 8, (offset & 255) | 1, 0, 0, 0, 9]
    expect(out(packet6([fragment(0)]))).toBe(true)
    expect(out(packet6([fragment(64)], 1, 2))).toBe(true)
    expect(out(packet6([[...fragment(64).slice(0, 7), 8]], 1, 53))).toBe(false)
  })
})
