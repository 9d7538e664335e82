import { describe, expect, it } from 'vitest'
import { pattern, sameBytes } from '../../../src/conformance/kit/recorder.js'
import { BufferPool, PartialFrameBuffer } from '../../../src/core/bytes/partial-frame-buffer.js'

describe('PartialFrameBuffer', () => {
  it('gives back what it was given, once', () => {
    const kept = new PartialFrameBuffer(new BufferPool())
    for (const length of [0, 1, 4_095, 4_096, 5_000, 70_000]) {
      const target = new Uint8Array(length + 3)
      kept.keep(pattern(length, 9))
      expect(kept.length).toBe(length)
      kept.moveTo(target, 3)
      expect(sameBytes(target.subarray(3), pattern(length, 9))).toBe(true)
      expect(kept.length).toBe(0)
      kept.moveTo(new Uint8Array(0), 0)
    }
  })

  it('keeps a copy, apart from those of others', () => {
    const spare = new BufferPool()
    const links = [1, 2, 3, 4, 5].map((seed) => ({ seed, kept: new PartialFrameBuffer(spare) }))
    for (let round = 0; round < 3; round++) {
      const lent = pattern(6_000, 0)
      for (const { seed, kept } of links) {
        lent.set(pattern(6_000, seed + round))
        kept.keep(lent)
        lent.fill(0xdd)
      }
      for (const { seed, kept } of links) {
        const target = new Uint8Array(6_000)
        kept.moveTo(target, 0)
        expect(sameBytes(target, pattern(6_000, seed + round))).toBe(true)
      }
    }
  })

  it('takes memory that was used, of at most twice the length, and keeps little of it', () => {
    const spare = new BufferPool()
    const pieces = [1, 2, 3].map(() => spare.take(5_000))
    expect(pieces.map(({ length }) => length)).toEqual([8_192, 8_192, 8_192])
    for (const piece of pieces) spare.giveBack(piece)
    const again = [1, 2, 3].map(() => spare.take(8_000))
    expect(again.filter((piece) => pieces.includes(piece)).length).toBe(2)
    expect(spare.take(100).length).toBe(100)
  })
})
