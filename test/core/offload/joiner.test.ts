import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { packet, pattern, type Recipe, superRecipes } from '../../../lab/offload-packets.js'
import { HEADROOM, hasRoom, type Packet, TAILROOM } from '../../../src/core/api/packet.js'
import type { Joiner } from '../../../src/core/api/trains.js'
import { createCoalescer, createJoiner } from '../../../src/core/offload/index.js'
import { allocate, copyOf, FIRST, next, split, textOf } from '../../support/offload/batches.js'

/** What becomes of packets that are opened one after the other, each with padding behind it. */
function joined(packets: readonly Packet[], joiner = createJoiner(allocate, { udp: true })): Packet[] {
  const lent: Packet[] = []
  joiner.begin()
  for (const each of packets) open(joiner, each, lent)
  joiner.end()
  return lent.map(copyOf)
}

function open(joiner: Joiner, { bytes, checksum }: Packet, lent: Packet[], padding = 5): void {
  const at = joiner.place(bytes.length + padding)
  joiner.memory.fill(0xee, at, at + bytes.length + padding)
  joiner.memory.set(bytes, at)
  joiner.take(bytes.length, checksum, lent)
}

const coalesced = (packets: readonly Packet[]) =>
  createCoalescer(allocate, { udp: true }).coalesce(packets).map(copyOf)

describe('a joiner', () => {
  it('undoes a split, byte for byte', () => {
    const joiner = createJoiner(allocate, { udp: true })
    fc.assert(
      fc.property(
        superRecipes(20_000),
        fc.constantFrom('partial' as const, 'full' as const),
        (recipe, checksum) => {
          const segments = split([packet(recipe)], checksum)
          // Headers that are longer than the payload of a segment are not opened over one.
          const header = segments[0]!.bytes.length - Math.min(recipe.segmentSize!, recipe.payload.length)
          const isFollowed = header <= 128 && recipe.segmentSize! >= header
          const expected = isFollowed ? coalesced(segments) : segments
          expect(joined(segments, joiner).map(textOf)).toEqual(expected.map(textOf))
        },
      ),
    )
  })

  it('joins what a coalescer joins, and nothing else', () => {
    const changes: Partial<Recipe>[] = [
      {},
      { sequence: 1101 },
      { ack: 1 },
      { window: 1 },
      { urgent: 1 },
      { tos: 4 },
      { ttl: 3 },
      { source: 9 },
      { sourcePort: 9 },
      { destinationPort: 9 },
      { flags: 0x18 },
      { flags: 0x90 },
      { flags: 0x11 },
      { tcpOptions: pattern(12, 9) },
      { tcpOptions: pattern(16) },
      { fragment: 0 },
      { fragment: 0x2000 },
      { ipOptions: new Uint8Array(4).fill(1) },
      { payload: pattern(99) },
      { payload: pattern(101) },
      { payload: pattern(0) },
      { protocol: 'udp' },
      { version: 6 },
    ]
    for (const first of [FIRST, { ...FIRST, fragment: 0 }, { ...FIRST, checksum: 'partial' as const }])
      for (const change of changes) {
        const packets = [first, { ...next(change), ...(first.fragment === 0 && { id: 8 }) }].map(packet)
        expect(joined(packets).map(textOf), JSON.stringify(change)).toEqual(coalesced(packets).map(textOf))
      }
    const six: Recipe = { ...FIRST, version: 6 }
    for (const change of [{}, { flowLabel: 1 }, { ttl: 9 }, { extensions: [60] }, { source: 3 }]) {
      const packets = [six, { ...six, ...change, sequence: 1100 }].map(packet)
      expect(joined(packets).map(textOf), JSON.stringify(change)).toEqual(coalesced(packets).map(textOf))
    }
  })

  it('joins nothing whose checksums are wrong, the first packet’s or the next one’s', () => {
    const full = [FIRST, next()].map((recipe): Recipe => ({ ...recipe, checksum: 'full' }))
    for (const wrong of [0, 1])
      for (const at of [10, 36]) {
        const packets = full.map(packet)
        packets[wrong]!.bytes[at]! ^= 1
        expect(joined(packets).map(textOf)).toEqual(packets.map(textOf))
      }
    expect(joined(full.map(packet))).toHaveLength(1)
  })

  it('joins no UDP where the kernel does not take it', () => {
    const udp: Recipe = { ...FIRST, protocol: 'udp' }
    const packets = [udp, { ...udp, id: 8 }].map(packet)
    expect(joined(packets)).toHaveLength(1)
    expect(joined(packets, createJoiner(allocate, { udp: false })).map(textOf)).toEqual(packets.map(textOf))
  })

  it('keeps packets of several flows whole and in their order', () => {
    const joiner = createJoiner(allocate, { udp: true })
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(2), fc.boolean()), { maxLength: 60 }), (turns) => {
        const at = [0, 0, 0]
        const packets = turns.map(([flow, isShort]): Packet => {
          const payload = pattern(isShort ? 83 : 100, at[flow])
          const sequence = at[flow]!
          at[flow]! += payload.length
          const recipe: Recipe = { ...FIRST, id: 0, checksum: 'full', payload, sequence }
          return packet({ ...recipe, version: flow === 1 ? 6 : 4, sourcePort: flow })
        })
        const whole = joined(packets, joiner)
        const ids = (list: readonly Packet[]) =>
          list.map(({ bytes }) =>
            bytes[0] === 0x45 ? bytes.with(4, 0).with(5, 0).with(10, 0).with(11, 0) : bytes,
          )
        expect(ids(split(whole, 'full')).map((bytes) => Buffer.from(bytes).toString('hex'))).toEqual(
          ids(packets).map((bytes) => Buffer.from(bytes).toString('hex')),
        )
      }),
    )
  })

  it('gives back what was opened in vain, or left, and goes on with the flow', () => {
    const joiner = createJoiner(allocate, { udp: true })
    const lent: Packet[] = []
    joiner.begin()
    open(joiner, packet(FIRST), lent)
    for (const length of [0, 1, 40, 1500]) {
      const at = joiner.place(length)
      joiner.memory.fill(0xaa, at, at + length)
      joiner.leave()
    }
    open(joiner, packet(next()), lent)
    joiner.end()
    expect(lent.map(textOf)).toEqual(coalesced([FIRST, next()].map(packet)).map(textOf))
  })

  it('lends packets with room around them, until it is full', () => {
    const joiner = createJoiner(allocate, { udp: true })
    const lent: Packet[] = []
    joiner.begin()
    let sequence = 0
    for (let place = 0; ; sequence += 1000) {
      place = joiner.place(1052)
      if (place < 0) break
      joiner.memory.set(packet({ ...FIRST, payload: pattern(1000), sequence: sequence % 7000 }).bytes, place)
      joiner.take(1052, 'full', lent)
    }
    joiner.end()
    expect(sequence).toBeGreaterThan(800_000)
    expect(joiner.place(70_000)).toBe(-1)
    const before = lent.map(textOf)
    for (const { bytes } of lent) {
      expect(hasRoom(bytes)).toBe(true)
      joiner.memory.fill(1, bytes.byteOffset - HEADROOM, bytes.byteOffset)
      const end = bytes.byteOffset + bytes.length
      joiner.memory.fill(2, end, end + TAILROOM)
    }
    expect(lent.map(textOf)).toEqual(before)
    joiner.begin()
    expect(joiner.place(1052)).toBeGreaterThan(0)
  })
})
