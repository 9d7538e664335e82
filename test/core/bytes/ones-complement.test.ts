import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { plainSum } from '../../../lab/offload-packets.js'
import { fold, sum } from '../../../src/core/bytes/ones-complement.js'

describe('a sum of 16-bit words', () => {
  it('agrees with a plain sum for any range at any alignment', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), fc.nat(9), fc.nat(9), (bytes, skip, cut) => {
        const from = Math.min(skip, bytes.length)
        const to = Math.max(from, bytes.length - cut)
        expect(fold(sum(bytes, from, to))).toBe(plainSum(bytes.subarray(from, to)))
      }),
    )
  })

  it.each([65_534, 2 ** 18])('loses no carry over %d bytes', (length) => {
    const bytes = new Uint8Array(length).fill(0xff)
    expect(fold(sum(bytes, 0, bytes.length, 0xffff_ffff))).toBe(0xffff)
  })

  it('is no less than its words, which may be taken out of it again', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 2, maxLength: 300 }), (bytes) => {
        let words = 0
        for (const [at, byte] of bytes.entries()) words += at % 2 === 0 ? byte * 256 : byte
        expect(sum(bytes, 0, bytes.length)).toBeGreaterThanOrEqual(words)
        const first = bytes[0]! * 256 + bytes[1]!
        const rest = fold(sum(bytes, 0, bytes.length) - first) % 0xffff
        expect(rest).toBe(plainSum(bytes.subarray(2)) % 0xffff)
      }),
    )
  })

  it('stays within the view it is given', () => {
    const bytes = new Uint8Array(400).fill(0xff).subarray(100, 300).fill(0)
    expect(sum(bytes, 0, 1000)).toBe(0)
  })
})
