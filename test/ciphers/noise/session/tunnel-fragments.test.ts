import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  FRAGMENT_HEADER,
  FragmentAssembler,
  MAX_FRAGMENTS,
  writeFragmentHeader,
} from '../../../../src/ciphers/noise/session/tunnel-fragments.js'
import { hasRoom, packetOf } from '../../../../src/core/api/packet.js'
import { connectedPair, kinds } from '../../../support/ciphers/tunnels.js'
import { deadLink } from '../../../support/links.js'
import { ipv4Packet, ipv6Packet } from '../../../support/netsim/packets.js'

/** A session of the assembler's. */
const SESSION = 7

/** A piece as it lies in a datagram. */
function piece(index: number, last: number, content: Uint8Array): Uint8Array {
  const frame = new Uint8Array(FRAGMENT_HEADER + content.length)
  writeFragmentHeader(frame, 0, index, last)
  frame.set(content, FRAGMENT_HEADER)
  return frame
}

/** Text cut into pieces of at most `size` bytes. */
function cut(text: Uint8Array, size: number): Uint8Array[] {
  const count = Math.ceil(text.length / size)
  return Array.from({ length: count }, (_, index) =>
    piece(index, count - 1, text.subarray(index * size, (index + 1) * size)),
  )
}

const link = { ...deadLink('sim://client'), source: Uint8Array.of(10, 0, 0, 1) }

describe.each(kinds)('the cipher %s where a packet is too large for the path', (kind) => {
  it('carries it in as few datagrams as fit, the other packets whole', () => {
    const { client, server, serverId, simulation } = connectedPair(kind)
    const packets = [ipv6Packet(1280, 1), ipv4Packet(100, 2), ipv4Packet(3000, 3)]
    const sealed = client.cipher.seal(serverId, packets.map(packetOf), 1252, simulation.now())
    expect(sealed.length).toBe(2 + 1 + 3)
    for (const { length } of sealed) expect(length).toBeLessThanOrEqual(1252)
    const { opened } = server.cipher.open(
      link,
      sealed.map((bytes) => packetOf(bytes).bytes),
      simulation.now(),
    )
    expect(opened.flatMap(({ packets }) => packets.map(({ bytes }) => Uint8Array.from(bytes)))).toEqual(
      packets,
    )
  })

  it('cuts into datagrams of one length, which the kernel sends at once', () => {
    const { client, serverId, simulation } = connectedPair(kind)
    const sealed = client.cipher.seal(serverId, [packetOf(ipv6Packet(1280))], 1252, simulation.now())
    expect(new Set(sealed.map(({ length }) => length)).size).toBe(1)
  })

  it('keeps a partial checksum partial', () => {
    const { client, server, serverId, simulation } = connectedPair(kind)
    const packet = { ...packetOf(ipv6Packet(1280, 1)), checksum: 'partial' as const }
    const sealed = client.cipher.seal(serverId, [packet], 1252, simulation.now())
    const { opened } = server.cipher.open(
      link,
      sealed.map((bytes) => packetOf(bytes).bytes),
      simulation.now(),
    )
    expect(opened[0]!.packets).toMatchObject([{ checksum: 'partial', segmentSize: 0 }])
    expect(opened[0]!.packets[0]!.bytes).toEqual(ipv6Packet(1280, 1))
  })

  it('drops and counts what cannot be cut: super-packets, and where there is no room', () => {
    const { client, serverId, simulation } = connectedPair(kind)
    const large = { ...packetOf(ipv4Packet(9000)), segmentSize: 1360 }
    expect(client.cipher.seal(serverId, [large], 1252, simulation.now())).toHaveLength(0)
    expect(client.cipher.seal(serverId, [packetOf(ipv4Packet(9000))], 40, simulation.now())).toHaveLength(0)
    expect(client.cipher.drops.oversized).toBe(2)
  })
})

describe('FragmentAssembler', () => {
  it('puts packets together whose pieces come in any order, some of them twice', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 5, max: 100 }),
        fc.infiniteStream(fc.nat()),
        (texts, size, order) => {
          const assembler = new FragmentAssembler(65_535)
          const pieces = texts
            .flatMap((text, number) => cut(text, size).map((frame) => ({ frame, number })))
            .map((sent, counter) => ({ ...sent, counter, key: order.next().value! }))
          const seen = new Set<number>()
          for (const { frame, number, counter } of pieces.sort((one, other) => one.key - other.key)) {
            const whole = assembler.take(frame, SESSION, counter)
            if (whole === undefined) {
              expect(assembler.take(frame, SESSION, counter)).toBeUndefined()
              continue
            }
            expect(seen.has(number)).toBe(false)
            seen.add(number)
            expect(whole).toEqual(texts[number])
            expect(hasRoom(whole)).toBe(true)
          }
          expect(seen.size).toBe(texts.length)
        },
      ),
    )
  })

  it('takes no packet of more than 64 pieces, and no piece behind the last', () => {
    for (const [count, isWhole] of [
      [MAX_FRAGMENTS, true],
      [MAX_FRAGMENTS + 1, false],
    ] as const) {
      const assembler = new FragmentAssembler(65_535)
      const text = new Uint8Array(count).fill(7)
      const whole = cut(text, 1).map((frame, counter) => assembler.take(frame, SESSION, counter))
      expect(whole.at(-1)).toEqual(isWhole ? text : undefined)
    }
    expect(MAX_FRAGMENTS).toBe(64)
    expect(new FragmentAssembler(65_535).take(piece(1, 0, Uint8Array.of(1)), SESSION, 1)).toBeUndefined()
  })

  it('joins no pieces of other sessions, of other packets, or of packets of another number of pieces', () => {
    const assembler = new FragmentAssembler(65_535)
    const [first, second] = cut(Uint8Array.of(1, 2), 1)
    expect(assembler.take(first!, SESSION, 10)).toBeUndefined()
    expect(assembler.take(second!, SESSION + 1, 11)).toBeUndefined()
    expect(assembler.take(second!, SESSION, 12)).toBeUndefined()
    expect(assembler.take(piece(1, 2, Uint8Array.of(2)), SESSION, 11)).toBeUndefined()
    expect(assembler.take(second!, SESSION, 11)).toEqual(Uint8Array.of(1, 2))
  })

  it('forgets the oldest of nine packets of which pieces are missing', () => {
    const assembler = new FragmentAssembler(65_535)
    const [first, second] = cut(Uint8Array.of(1, 2), 1)
    for (let counter = 0; counter < 18; counter += 2) assembler.take(first!, SESSION, counter)
    for (let counter = 2; counter < 18; counter += 2) {
      expect(assembler.take(second!, SESSION, counter + 1)).toEqual(Uint8Array.of(1, 2))
    }
    expect(assembler.take(second!, SESSION, 1)).toBeUndefined()
  })

  it('keeps no more bytes of all packets than one may have: the oldest gives way', () => {
    const assembler = new FragmentAssembler(100)
    const [first, second] = cut(new Uint8Array(80), 40)
    for (const counter of [0, 2, 4]) assembler.take(first!, SESSION, counter)
    expect(assembler.take(second!, SESSION, 1)).toBeUndefined()
    expect(assembler.take(second!, SESSION, 5)).toHaveLength(80)
  })

  it('gives a packet up that grows beyond the limit', () => {
    const assembler = new FragmentAssembler(100)
    const frames = cut(new Uint8Array(101), 50)
    expect(frames.map((frame, index) => assembler.take(frame, SESSION, index))).toEqual([
      undefined,
      undefined,
      undefined,
    ])
    expect(assembler.take(cut(new Uint8Array(100), 100)[0]!, SESSION, 3)).toHaveLength(100)
  })

  it('takes any bytes without a throw and returns no more than the limit', () => {
    const assembler = new FragmentAssembler(100)
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat({ max: 20 }), (bytes, counter) => {
        expect(assembler.take(bytes, SESSION, counter)?.length ?? 0).toBeLessThanOrEqual(100)
      }),
    )
    expect(assembler.take(piece(4, 3, Uint8Array.of(1)), SESSION, 0)).toBeUndefined()
    expect(assembler.take(piece(0, MAX_FRAGMENTS, Uint8Array.of(1)), SESSION, 0)).toBeUndefined()
  })
})
