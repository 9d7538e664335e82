import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { packet, pattern, superRecipes } from '../../../lab/offload-packets.js'
import { HEADROOM, type Packet, TAILROOM } from '../../../src/core/api/packet.js'
import { createSegmenter } from '../../../src/core/offload/index.js'
import { allocate, collect, textOf } from '../../support/offload/batches.js'

/** Bytes that a segmenter's memory takes at most, and what a test puts beside it. */
const BESIDE = 400_000

/** A segmenter, and the same packet in memory that it shares with it, at an offset. */
function sharing(original: Packet, offset: number) {
  const memory = new Uint8Array(BESIDE + HEADROOM + offset + original.bytes.length + TAILROOM)
  const segmenter = createSegmenter((bytes) => memory.subarray(0, bytes))
  const at = BESIDE + HEADROOM + offset
  memory.set(original.bytes, at)
  return { segmenter, inside: { ...original, bytes: memory.subarray(at, at + original.bytes.length) } }
}

/** Copies of the segments that are made in place, each as it was when the next was not made yet. */
function made(segmenter: ReturnType<typeof createSegmenter>, input: Packet, checksum: Packet['checksum']) {
  const source = segmenter.inPlace(input, checksum)!
  return Array.from({ length: source.count }, (_, index) => {
    const at = source.next()
    const length = index === source.count - 1 ? source.lastSize : source.size
    return { bytes: source.memory.slice(at, at + length), segmentSize: 0, checksum: source.checksum }
  })
}

describe('segments in place', () => {
  it('are those that the segmenter lends, of packets in its memory, at any place, or elsewhere', () => {
    fc.assert(
      fc.property(
        superRecipes(20_000),
        fc.constantFrom('partial' as const, 'full' as const),
        fc.nat(7),
        (recipe, checksum, offset) => {
          const original = packet(recipe)
          const lent = collect(createSegmenter(allocate).segment([packet(recipe)], checksum)).map(textOf)
          const { segmenter, inside } = sharing(original, offset)
          expect(made(segmenter, inside, checksum).map(textOf)).toEqual(lent)
          expect(made(createSegmenter(allocate), original, checksum).map(textOf)).toEqual(lent)
        },
      ),
    )
  })

  it('have room for a datagram of each', () => {
    const recipe = { version: 4, protocol: 'tcp', payload: pattern(65_000), segmentSize: 512 } as const
    const memory: Uint8Array[] = []
    const segmenter = createSegmenter((bytes) => {
      memory.push(new Uint8Array(bytes))
      return memory[0]!
    })
    const { count, room, size } = segmenter.inPlace(packet(recipe), 'partial')!
    expect(room).toBeGreaterThanOrEqual(HEADROOM)
    expect(room + count * (size + HEADROOM + TAILROOM)).toBeLessThanOrEqual(memory[0]!.length)
  })

  it('are none of packets that cannot be cut, which are counted', () => {
    const segmenter = createSegmenter(allocate)
    const many = { version: 4, protocol: 'udp', payload: pattern(1000), segmentSize: 1 } as const
    expect(segmenter.inPlace(packet(many), 'partial')).toBeUndefined()
    const broken = packet({ ...many, segmentSize: 500 })
    broken.bytes[0] = 0
    expect(segmenter.inPlace(broken, 'partial')).toBeUndefined()
    expect(segmenter.drops).toEqual({ malformed: 1, segments: 1 })
  })
})
