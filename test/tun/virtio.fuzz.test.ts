import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { packet, superRecipes } from '../../lab/offload-packets.js'
import { HEADROOM, hasRoom, type Packet, TAILROOM } from '../../src/core/api/packet.js'
import { createCoalescer, createSegmenter } from '../../src/core/offload/index.js'
import { decodeHeader, encodeHeader, VIRTIO_HEADER } from '../../src/tun/virtio.js'
import { textOf } from '../support/offload/batches.js'

/** Batches of mutations, and packets in each. */
const RUNS = Number(process.env.QANAT_FUZZ_RUNS ?? 5_000)
const BATCH = 10

/** Bytes around all memory that must never change. */
const GUARD = 4096

/** Memory with guards around it, and whether they are still whole. */
function guarded() {
  const regions: Uint8Array[] = []
  return {
    allocate(bytes: number): Uint8Array {
      const region = new Uint8Array(GUARD + bytes + GUARD).fill(0xa5)
      regions.push(region)
      return region.subarray(GUARD, GUARD + bytes).fill(0)
    },
    intact: () =>
      regions.every((region) => isGuard(region.subarray(0, GUARD)) && isGuard(region.subarray(-GUARD))),
  }
}

function isGuard(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0xa5)
}

/** The same packet in two places whose surroundings differ: whoever reads beyond it gives two answers. */
function placed(bytes: Uint8Array, surroundings: number): Uint8Array {
  const memory = new Uint8Array(HEADROOM + bytes.length + TAILROOM).fill(surroundings)
  memory.set(bytes, HEADROOM)
  return memory.subarray(HEADROOM, HEADROOM + bytes.length)
}

function untouched(bytes: Uint8Array, surroundings: number): boolean {
  const memory = new Uint8Array(bytes.buffer)
  const around = [...memory.subarray(0, HEADROOM), ...memory.subarray(HEADROOM + bytes.length)]
  return around.every((byte) => byte === surroundings)
}

const mutated = fc
  .tuple(
    superRecipes(4000),
    fc.constantFrom('full' as const, 'partial' as const),
    fc.array(fc.tuple(fc.nat(100), fc.nat(255)), { maxLength: 4 }),
    fc.option(fc.nat(120), { nil: undefined }),
    fc.oneof(fc.constantFrom(0, 0, 1, 1400, 65_535, -1, Number.NaN), fc.nat(2000)),
  )
  .map(([recipe, checksum, changes, cut, segmentSize]): Packet => {
    const { bytes } = packet({ ...recipe, checksum })
    for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value
    return { bytes: bytes.slice(0, cut), segmentSize, checksum }
  })
const random = fc
  .tuple(
    fc.uint8Array({ maxLength: 200 }),
    fc.constantFrom(0, 1, 100),
    fc.constantFrom(0x45, 0x46, 0x4f, 0x60, 0x00),
  )
  .map(([bytes, segmentSize, first]): Packet => {
    if (bytes.length > 0) bytes[0] = first
    return { bytes, segmentSize, checksum: segmentSize % 2 === 0 ? 'partial' : 'full' }
  })
const batches = fc.array(fc.oneof({ weight: 3, arbitrary: mutated }, random), { maxLength: BATCH })

/** Everything that is done to packets, done to a batch; what came of it. */
function exercise(batch: readonly Packet[], surroundings: number, header: Uint8Array): unknown {
  const memory = guarded()
  const segmenter = createSegmenter(memory.allocate)
  const coalescer = createCoalescer(memory.allocate, { udp: true })
  const fresh = () => batch.map((each) => ({ ...each, bytes: placed(each.bytes, surroundings) }))
  const results: string[] = []
  const take = (packets: readonly Packet[]) => {
    for (const each of packets) {
      expect(hasRoom(each.bytes)).toBe(true)
      results.push(textOf(each))
    }
  }
  const used = [fresh(), fresh(), fresh(), fresh()]
  for (const segments of segmenter.segment(used[0]!, 'partial')) take(segments)
  for (const segments of segmenter.segment(used[1]!, 'full')) take(segments)
  take(coalescer.coalesce(used[2]!))
  const verdicts = used[3]!.flatMap((each) => {
    const target = memory.allocate(VIRTIO_HEADER)
    const verdict = [decodeHeader(header, 0, each), encodeHeader(each, target, 0), ...target]
    results.push(textOf(each))
    return verdict
  })
  for (const each of used.flat()) expect(untouched(each.bytes, surroundings)).toBe(true)
  expect(memory.intact()).toBe(true)
  return { results, verdicts, drops: segmenter.drops }
}

describe('random and mutated packets', () => {
  it('throw nothing, and nothing outside of them is read or written', () => {
    fc.assert(
      fc.property(batches, fc.uint8Array({ minLength: 10, maxLength: 10 }), (batch, header) => {
        header[1] = [0, 1, 4, 5, 3, 0x81][header[1]! % 6]!
        expect(exercise(batch, 0x00, header)).toEqual(exercise(batch, 0xff, header))
      }),
      { numRuns: RUNS / BATCH },
    )
  }, 120_000)
})
