import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { packet, pattern, type Recipe, superRecipes } from '../../../lab/offload-packets.js'
import { hasRoom, type Packet } from '../../../src/core/api/packet.js'
import { createCoalescer } from '../../../src/core/offload/index.js'
import { allocate, copyOf, FIRST, next, split, textOf } from '../../support/offload/batches.js'

const join = (packets: readonly Packet[], udp = true) =>
  createCoalescer(allocate, { udp }).coalesce(packets).map(copyOf)
const sizes = (packets: readonly Packet[]) =>
  packets.map(({ bytes, segmentSize }) => [bytes.length, segmentSize])
const joins = (...recipes: Recipe[]) => join(recipes.map(packet)).length === 1

describe('join', () => {
  it('undoes a split, byte for byte', () => {
    fc.assert(
      fc.property(
        superRecipes(20_000),
        fc.constantFrom('partial' as const, 'full' as const),
        (recipe, checksum) => {
          const whole = packet(recipe)
          const joined = join(split([packet(recipe)], checksum))
          if (recipe.payload.length <= recipe.segmentSize!) expect(joined[0]!.segmentSize).toBe(0)
          else expect(joined.map(textOf)).toEqual([textOf(whole)])
        },
      ),
    )
  })

  it('keeps several interleaved flows apart and each in order', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(5), { maxLength: 120 }), fc.infiniteStream(fc.nat(3)), (turns, whims) => {
        const sent = new Map<number, number[]>()
        const at = [0, 0, 0, 0, 0, 0]
        const batch = turns.map((flow) => {
          const size = whims.next().value === 0 ? 50 : 100
          const payload = Uint8Array.from(pattern(size, at[flow]))
          sent.set(flow, [...(sent.get(flow) ?? []), ...payload])
          const sequence = at[flow]!
          at[flow]! += size
          const flags = whims.next().value === 0 ? 0x18 : 0x10
          return packet({ ...FIRST, version: flow % 2 ? 4 : 6, sourcePort: flow, payload, sequence, flags })
        })
        const joined = join(batch)
        const got = new Map<number, number[]>()
        for (const { bytes, segmentSize } of split(joined)) {
          expect(segmentSize).toBe(0)
          const transport = bytes[0]! >> 4 === 4 ? 20 : 40
          const flow = bytes[transport + 1]!
          got.set(flow, [...(got.get(flow) ?? []), ...bytes.subarray(transport + 32)])
        }
        expect(got).toEqual(sent)
      }),
    )
  })

  it('lends a super-packet with room around it and leaves its parts as they were', () => {
    const parts = [packet(FIRST), packet(next())]
    const before = parts.map(copyOf)
    const [whole] = createCoalescer(allocate, { udp: true }).coalesce(parts)
    expect(hasRoom(whole!.bytes)).toBe(true)
    expect(whole).toMatchObject({ segmentSize: 100, checksum: 'partial' })
    expect(parts.map(copyOf)).toEqual(before)
  })

  it('joins what continues the packet before it', () => {
    expect(joins(FIRST, next())).toBe(true)
    expect(joins(FIRST, next({ flags: 0x18 }))).toBe(true)
    expect(joins({ ...FIRST, flags: 0x90 }, next())).toBe(true)
    expect(joins({ ...FIRST, flags: 0x50 }, next({ flags: 0x50 }))).toBe(true)
    expect(joins({ ...FIRST, fragment: 0 }, next({ fragment: 0 }))).toBe(true)
    expect(joins(FIRST, next({ payload: pattern(99) }))).toBe(true)
  })

  it('does not ask for ids that count up where nothing may be fragmented', () => {
    expect(joins(FIRST, next({ id: 7 }))).toBe(true)
    expect(joins({ ...FIRST, fragment: 0 }, next({ id: 7, fragment: 0 }))).toBe(false)
    expect(joins({ ...FIRST, fragment: 0 }, next({ id: 9, fragment: 0 }))).toBe(false)
    expect(joins({ ...FIRST, id: 65_535, fragment: 0 }, next({ id: 0, fragment: 0 }))).toBe(true)
  })

  it.each<[string, Partial<Recipe>]>([
    ['a gap', { sequence: 1101 }],
    ['an overlap', { sequence: 1099 }],
    ['another TTL', { ttl: 63 }],
    ['another TOS', { tos: 8 }],
    ['another ECN mark', { tos: 3 }],
    ['another DF bit', { fragment: 0 }],
    ['the reserved bit', { fragment: 0xc000 }],
    ['another source', { source: 2 }],
    ['another port', { sourcePort: 1001 }],
    ['another acknowledgement', { ack: 1 }],
    ['another window', { window: 501 }],
    ['other options', { tcpOptions: pattern(12, 2) }],
    ['more options', { tcpOptions: pattern(16) }],
    ['IPv4 options', { ipOptions: pattern(4) }],
    ['an urgent pointer', { urgent: 1 }],
    ['FIN', { flags: 0x11 }],
    ['SYN', { flags: 0x12 }],
    ['RST', { flags: 0x14 }],
    ['URG', { flags: 0x30 }],
    ['no ACK', { flags: 0 }],
    ['ECE', { flags: 0x50 }],
    ['CWR', { flags: 0x90 }],
    ['a larger payload', { payload: pattern(101) }],
    ['no payload', { payload: new Uint8Array() }],
    ['more than one segment', { payload: pattern(80), segmentSize: 40 }],
    ['another IP version', { version: 6 }],
    ['another protocol', { protocol: 'udp' }],
  ])('does not join a packet with %s', (_, change) => {
    const batch = [packet(FIRST), packet(next(change))]
    expect(join(batch)).toEqual(batch.map(copyOf))
  })

  it('does not join IPv6 packets of another flow label, or behind other extension headers', () => {
    const six: Recipe = { ...FIRST, version: 6, extensions: [60] }
    const seq = { sequence: 1100 }
    expect(joins(six, { ...six, ...seq })).toBe(true)
    expect(joins(six, { ...six, ...seq, flowLabel: 1 })).toBe(false)
    expect(joins(six, { ...six, ...seq, extensions: [0] })).toBe(false)
    expect(joins(six, { ...six, ...seq, extensions: [] })).toBe(false)
  })

  it('lets nothing follow PSH, or a segment that is shorter than the others', () => {
    const third = { id: 9, sequence: 1200 }
    expect(sizes(join([FIRST, next(), next(third)].map(packet)))).toEqual([[352, 100]])
    expect(join([{ ...FIRST, flags: 0x18 }, next()].map(packet))).toHaveLength(2)
    expect(sizes(join([FIRST, next({ flags: 0x18 }), next(third)].map(packet)))).toEqual([
      [252, 100],
      [152, 0],
    ])
    const short = next({ payload: pattern(50) })
    expect(sizes(join([FIRST, short, next({ id: 9, sequence: 1150 })].map(packet)))).toEqual([
      [202, 100],
      [152, 0],
    ])
  })

  it('lets nothing pass a packet of its flow that could not be joined', () => {
    const ack = next({ payload: new Uint8Array() })
    const batch = [FIRST, ack, next()].map(packet)
    expect(join(batch)).toEqual(batch.map(copyOf))
    const fragment = packet({ ...FIRST, fragment: 0x2000 })
    const around = [packet(FIRST), fragment, packet(next())]
    expect(join(around)).toEqual(around.map(copyOf))
  })

  it('joins across packets of other flows and protocols', () => {
    const icmp = packet({ ...FIRST, checksum: 'full' })
    icmp.bytes[9] = 1
    const other = packet({ ...FIRST, version: 6 })
    expect(sizes(join([packet(FIRST), icmp, other, packet(next())]))).toEqual([
      [252, 100],
      [152, 0],
      [172, 0],
    ])
  })

  it('joins full checksums only after they were verified', () => {
    const full = (recipe: Recipe) => packet({ ...recipe, checksum: 'full' })
    expect(join([full(FIRST), full(next())])).toEqual([
      copyOf(
        packet({ ...FIRST, payload: Uint8Array.from([...pattern(100), ...pattern(100)]), segmentSize: 100 }),
      ),
    ])
    for (const broken of [0, 1, 2]) {
      const batch = [full(FIRST), full(next()), full(next({ id: 9, sequence: 1200 }))]
      batch[broken]!.bytes[120]! ^= 1
      const joined = join(batch)
      expect(joined).toHaveLength(broken === 1 ? 3 : 2)
      expect(joined).toContainEqual(copyOf(batch[broken]!))
    }
  })

  it('joins no packet whose IPv4 header checksum is wrong', () => {
    const batch = [packet(FIRST), packet(next())]
    batch[1]!.bytes[10]! ^= 1
    expect(join(batch)).toEqual(batch.map(copyOf))
  })

  it('joins UDP only where it may, and never where there is no checksum', () => {
    const udp: Recipe = {
      version: 4,
      protocol: 'udp',
      payload: pattern(100),
      fragment: 0x4000,
      checksum: 'full',
    }
    expect(sizes(join([udp, udp].map(packet)))).toEqual([[228, 100]])
    expect(join([udp, udp].map(packet), false)).toHaveLength(2)
    const bare = [packet(udp), packet(udp)]
    for (const { bytes } of bare) bytes.fill(0, 26, 28)
    expect(join(bare)).toHaveLength(2)
  })

  it('makes no UDP super-packet of more than 64 segments', () => {
    const udp: Recipe = { version: 6, protocol: 'udp', payload: pattern(10) }
    expect(sizes(join(Array.from({ length: 66 }, () => packet(udp))))).toEqual([
      [48 + 640, 10],
      [48 + 20, 10],
    ])
  })

  it('makes no super-packet of more than 128 segments or of 65408 bytes', () => {
    const run = (count: number, size: number) =>
      Array.from({ length: count }, (_, i) =>
        packet({ ...FIRST, payload: pattern(size), sequence: i * size }),
      )
    expect(sizes(join(run(130, 10)))).toEqual([
      [52 + 1280, 10],
      [52 + 20, 10],
    ])
    expect(sizes(join(run(64, 1024)))).toEqual([
      [52 + 63 * 1024, 1024],
      [52 + 1024, 0],
    ])
  })

  it('keeps order and bytes with more flows and super-packets than it can hold', () => {
    const batch: Packet[] = []
    for (let round = 0; round < 3; round++) {
      for (let flow = 0; flow < 40; flow++) {
        for (let i = 0; i < 2; i++) {
          const sequence = (round * 2 + i) * 10
          batch.push(packet({ ...FIRST, sourcePort: flow, sequence, payload: pattern(10, round * 2 + i) }))
        }
      }
    }
    const got = split(join(batch)).map(copyOf)
    const ofFlow = (packets: readonly Packet[], flow: number) =>
      packets
        .filter(({ bytes }) => bytes[21] === flow)
        .map(({ bytes }) => [...bytes.subarray(24, 28), ...bytes.subarray(52)])
    for (let flow = 0; flow < 40; flow++) expect(ofFlow(got, flow)).toEqual(ofFlow(batch, flow))
  })
})
