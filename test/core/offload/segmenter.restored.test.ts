import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { packet, pattern, type Recipe, superRecipes } from '../../../lab/offload-packets.js'
import { HEADROOM, type Packet, TAILROOM } from '../../../src/core/api/packet.js'
import { createSegmenter } from '../../../src/core/offload/index.js'
import { Headers, parse } from '../../../src/core/offload/ip.js'
import { allocate, collect, copyOf, textOf } from '../../support/offload/batches.js'

const TCP4: Recipe = { version: 4, protocol: 'tcp', payload: pattern(2500), segmentSize: 1000 }
const PLAIN: Recipe = { ...TCP4, payload: pattern(300), segmentSize: 0 }

/** What a hook may do to the packets that it is lent. */
const EDITS: Readonly<Record<string, (packets: Packet[], chance: number) => void>> = {
  nothing: () => {},
  payload: (packets, chance) => {
    const { bytes } = packets[chance % packets.length]!
    const headers = new Headers()
    if (parse(bytes, headers) && headers.payload < bytes.length)
      bytes[bytes.length - 1]! ^= 1 + (chance % 255)
  },
  header: (packets, chance) => {
    const { bytes } = packets[chance % packets.length]!
    bytes[bytes[0]! >> 4 === 4 ? 8 : 7]! ^= 1 + (chance % 255) // how far it may go
  },
  drop: (packets, chance) => void packets.splice(chance % packets.length, 1),
  swap: (packets, chance) => {
    const [a, b] = [chance % packets.length, (chance + 1) % packets.length]
    ;[packets[a], packets[b]] = [packets[b]!, packets[a]!]
  },
  double: (packets, chance) => void packets.push(packets[chance % packets.length]!),
  other: (packets, chance) => {
    const index = chance % packets.length
    packets[index] = { ...packets[index]! }
  },
  view: (packets, chance) => {
    const one = packets[chance % packets.length]!
    one.bytes = Uint8Array.from(one.bytes)
    one.bytes[one.bytes.length - 1]! ^= 1
  },
  checksum: (packets, chance) => {
    packets[chance % packets.length]!.checksum = 'full'
  },
}

/** The same packets one behind the other in one memory, which a segmenter gets some of as well. */
function neighbours(packets: readonly Packet[]): {
  allocate: (bytes: number) => Uint8Array
  placed: Packet[]
} {
  const buffer = new ArrayBuffer(2 ** 20 + packets.reduce((sum, { bytes }) => sum + bytes.length + 200, 0))
  let at = 13 // nothing has to be aligned
  const next = (bytes: number) => {
    at += HEADROOM
    const view = new Uint8Array(buffer, at, bytes)
    at += bytes + TAILROOM
    return view
  }
  const placed = packets.map((one) => {
    const bytes = next(one.bytes.length)
    bytes.set(one.bytes)
    return { ...one, bytes }
  })
  return { allocate: next, placed }
}

describe('restored', () => {
  it('stands for just the packets that are given, whatever was done to those that were lent', () => {
    const recipes = fc.array(
      fc.oneof(
        superRecipes(6000),
        fc.nat(65_535).map((id) => ({ ...PLAIN, id })),
      ),
      { minLength: 1, maxLength: 4 },
    )
    fc.assert(
      fc.property(
        recipes,
        fc.constantFrom(...Object.keys(EDITS)),
        fc.nat(),
        fc.boolean(),
        fc.boolean(),
        (made, edit, chance, near, looks) => {
          const edited = looks || edit === 'payload' || edit === 'header'
          const memory = neighbours(made.map(packet))
          const batch = near ? memory.placed : made.map(packet)
          const segmenter = createSegmenter(near ? memory.allocate : allocate)
          for (const lent of segmenter.segment(batch, 'partial')) {
            const passed = [...lent]
            EDITS[edit]!(passed, chance)
            const wanted = passed.map(textOf)
            const restored = segmenter.restored(passed, edited)
            const stays = edit === 'nothing' || edit === 'payload'
            if (stays) expect(restored).toHaveLength(batch.length)
            if (restored === undefined) continue
            const again = collect(createSegmenter(allocate).segment(restored.map(copyOf), 'partial'))
            expect(again.map(textOf)).toEqual(wanted)
          }
        },
      ),
      { numRuns: 400 },
    )
  })

  it('gives the very packets back that were cut', () => {
    const [whole, plain] = [packet(TCP4), packet(PLAIN)]
    const before = textOf(whole)
    const segmenter = createSegmenter(allocate)
    for (const lent of segmenter.segment([whole, plain], 'partial')) {
      expect(lent).toHaveLength(4)
      const restored = segmenter.restored(lent, true)!
      expect(restored[0]).toBe(whole)
      expect(restored[1]).toBe(plain)
    }
    expect(textOf(whole)).toBe(before)
  })

  it('knows the batch that is lent, not one before it', () => {
    const segmenter = createSegmenter(allocate)
    const kept: Packet[][] = []
    const many = Array.from({ length: 8 }, () =>
      packet({ ...TCP4, payload: pattern(60_000), segmentSize: 1300 }),
    )
    let batches = 0
    for (const lent of segmenter.segment(many, 'partial')) {
      batches++
      for (const earlier of kept)
        if (earlier.length !== lent.length) expect(segmenter.restored(earlier, true)).toBe(undefined)
      kept.push([...lent])
      expect(segmenter.restored(lent, true)!.length).toBeGreaterThan(0)
    }
    expect(batches).toBeGreaterThan(1)
    expect(segmenter.restored(kept[0]!, true)).toBe(undefined)
  })

  it('gives them back as they are if nobody edits bytes', () => {
    const whole = packet({ ...TCP4, checksum: 'full' })
    const before = textOf(whole)
    const segmenter = createSegmenter(allocate)
    for (const lent of segmenter.segment([whole], 'partial'))
      expect(segmenter.restored(lent, false)).toEqual([whole])
    expect(textOf(whole)).toBe(before)
  })

  it('mends the checksums of a packet whose full one covered a payload that was edited', () => {
    const whole = packet({ ...TCP4, checksum: 'full' })
    const segmenter = createSegmenter(allocate)
    for (const lent of segmenter.segment([whole], 'partial')) {
      lent[1]!.bytes[100]! ^= 0xff
      segmenter.restored(lent, true)
    }
    const payload = pattern(2500)
    payload[1060]! ^= 0xff
    expect(textOf(whole)).toBe(textOf(packet({ ...TCP4, payload })))
  })
})
