import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { packet, pattern, type Recipe, superRecipes } from '../../../lab/offload-packets.js'
import { hasRoom, type Packet } from '../../../src/core/api/packet.js'
import { createSegmenter } from '../../../src/core/offload/index.js'
import { allocate, collect, textOf } from '../../support/offload/batches.js'

const split = (packets: readonly Packet[], checksum: Packet['checksum'] = 'partial') =>
  collect(createSegmenter(allocate).segment(packets, checksum))

/** The segments that a super-packet stands for, made from scratch. */
function segments(recipe: Recipe, checksum: Packet['checksum']): Packet[] {
  const size = recipe.segmentSize!
  const count = Math.ceil(recipe.payload.length / size)
  return Array.from({ length: count }, (_, i) => {
    let flags = recipe.flags ?? 0x10
    if (i < count - 1) flags &= ~0x09
    if (i > 0) flags &= ~0x80
    return packet({
      ...recipe,
      payload: recipe.payload.subarray(i * size, (i + 1) * size),
      id: ((recipe.id ?? 0) + i) & 0xffff,
      sequence: ((recipe.sequence ?? 0) + i * size) >>> 0,
      flags,
      checksum,
      segmentSize: 0,
    })
  })
}

const TCP4: Recipe = { version: 4, protocol: 'tcp', payload: pattern(2500), segmentSize: 1000 }

describe('split', () => {
  it('makes the segments that a super-packet stands for, checksums partial or full', () => {
    fc.assert(
      fc.property(
        superRecipes(20_000),
        fc.constantFrom('partial' as const, 'full' as const),
        (recipe, checksum) => {
          expect(split([packet(recipe)], checksum).map(textOf)).toEqual(
            segments(recipe, checksum).map(textOf),
          )
        },
      ),
    )
  })

  it('leaves FIN and PSH to the last segment and CWR to the first', () => {
    const flags = split([packet({ ...TCP4, flags: 0xd9 })]).map(({ bytes }) => bytes[33])
    expect(flags).toEqual([0xd0, 0x50, 0x59])
  })

  it('lends segments with room around them, side by side in one memory', () => {
    const segmenter = createSegmenter(allocate)
    for (const packets of segmenter.segment([packet(TCP4), packet(TCP4)], 'partial')) {
      expect(packets).toHaveLength(6)
      const before = packets.map(({ bytes }) => bytes.slice())
      for (const { bytes } of packets) {
        expect(hasRoom(bytes)).toBe(true)
        new Uint8Array(bytes.buffer, bytes.byteOffset - 64, 64).fill(0xaa)
        new Uint8Array(bytes.buffer, bytes.byteOffset + bytes.length, 64).fill(0xbb)
      }
      expect(packets.map(({ bytes }) => bytes.slice())).toEqual(before)
    }
  })

  it('hands large batches on in order, in several loans of the same memory', () => {
    const batch = Array.from({ length: 20 }, (_, i) =>
      i % 5 === 4
        ? packet({ ...TCP4, payload: pattern(10), segmentSize: 0, id: i })
        : packet({ ...TCP4, payload: pattern(60_000, i), segmentSize: 1300, sequence: i }),
    )
    const loans: number[] = []
    const segmenter = createSegmenter(allocate)
    const sequences: number[] = []
    for (const packets of segmenter.segment(batch, 'full')) {
      loans.push(packets.length)
      for (const { bytes } of packets) sequences.push((bytes[26]! << 8) | bytes[27]!)
    }
    expect(loans.length).toBeGreaterThan(1)
    const expected = batch.flatMap((each, i) =>
      each.segmentSize === 0 ? [0] : Array.from({ length: 47 }, (_, k) => (i + k * 1300) & 0xffff),
    )
    expect(sequences).toEqual(expected)
  })

  it('passes plain packets through and completes their checksums for plain far ends', () => {
    const plain = { ...TCP4, segmentSize: 0 }
    const input = packet(plain)
    for (const packets of createSegmenter(allocate).segment([input], 'partial'))
      expect(packets[0]).toBe(input)
    expect(input.checksum).toBe('partial')
    const icmp = packet({ ...plain, checksum: 'full' })
    icmp.bytes[9] = 1
    const [full, untouched] = split([input, icmp], 'full')
    expect(full).toEqual({
      ...packet({ ...plain, checksum: 'full' }),
      bytes: packet({ ...plain, checksum: 'full' }).bytes.slice(),
    })
    expect(untouched!.bytes).toEqual(icmp.bytes)
  })

  it('drops and counts what it cannot split: fragments, no payload, no segment size, more than 128 segments', () => {
    const segmenter = createSegmenter(allocate)
    const fragment = packet({ ...TCP4, fragment: 0x2000 })
    const empty = packet({ ...TCP4, payload: new Uint8Array() })
    const negative = packet({ ...TCP4, segmentSize: -1 })
    const none = packet({ ...TCP4, segmentSize: Number.NaN })
    const many = packet({ ...TCP4, payload: pattern(129), segmentSize: 1 })
    const most = packet({ ...TCP4, payload: pattern(128), segmentSize: 1 })
    const partial = packet({ ...TCP4, segmentSize: 0, fragment: 1 })
    const taken = collect(segmenter.segment([fragment, empty, negative, none, many, most, partial], 'full'))
    expect(taken).toHaveLength(128)
    expect(segmenter.drops).toEqual({ malformed: 3, segments: 3 })
  })

  it('does not make a wrong checksum right', () => {
    const segmenter = createSegmenter(allocate)
    const right = packet({ ...TCP4, checksum: 'full' })
    const wrong = packet({ ...TCP4, checksum: 'full' })
    wrong.bytes[500]! ^= 1
    const taken = collect(segmenter.segment([wrong, right], 'full'))
    expect(taken).toEqual(split([packet(TCP4)], 'full'))
    expect(segmenter.drops).toEqual({ malformed: 1, segments: 0 })
  })

  it('finds room for the largest headers and the largest packets', () => {
    const headers = { extensions: Array(59).fill(60), tcpOptions: new Uint8Array(40).fill(1) }
    for (const segmentSize of [520, 30_000, 64_900, 65_535]) {
      const recipe: Recipe = {
        version: 6,
        protocol: 'tcp',
        payload: pattern(65_003),
        segmentSize,
        ...headers,
      }
      expect(split([packet(recipe)]).length).toBe(Math.ceil(65_003 / segmentSize))
      expect(split([packet(recipe)]).at(-1)!.bytes).toEqual(segments(recipe, 'partial').at(-1)!.bytes)
    }
  })

  it('makes new views only where the shape of the traffic changes', () => {
    const segmenter = createSegmenter(allocate)
    const seen: Uint8Array[][] = []
    for (let i = 0; i < 2; i++) {
      for (const packets of segmenter.segment([packet(TCP4)], 'partial'))
        seen.push(packets.map(({ bytes }) => bytes))
    }
    for (const [i, view] of seen[0]!.entries()) expect(seen[1]![i]).toBe(view)
  })
})
