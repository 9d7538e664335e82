import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Lines } from '../../src/control/lines.js'

describe('Lines', () => {
  it('cuts a stream into the same lines, however it comes', () => {
    const line = fc.string({ maxLength: 20 }).map((text) => text.replaceAll('\n', ''))
    fc.assert(
      fc.property(fc.array(line), fc.array(fc.integer({ min: 1, max: 9 })), (texts, sizes) => {
        const lines = new Lines(100)
        const bytes = Buffer.from(texts.map((text) => `${text}\n`).join(''))
        const found: string[] = []
        for (let at = 0, turn = 0; at < bytes.length; turn++) {
          const size = sizes[turn % Math.max(1, sizes.length)] ?? 5
          found.push(...lines.take(bytes.subarray(at, at + size))!)
          at += size
        }
        expect(found).toEqual(texts)
      }),
    )
  })

  it.each([
    ['whole', '123456789\n'],
    ['not whole yet', '1234567890'],
  ])('refuses a line that is too long and %s', (_what, text) => {
    expect(new Lines(10).take(Buffer.from(text))).toEqual(text.endsWith('\n') ? ['123456789'] : undefined)
    expect(new Lines(9).take(Buffer.from(text))).toBeUndefined()
    const pieces = new Lines(9)
    expect(pieces.take(Buffer.from(text.slice(0, 4)))).toEqual([])
    expect(pieces.take(Buffer.from(text.slice(4)))).toBeUndefined()
  })
})
