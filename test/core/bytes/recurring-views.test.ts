import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RecurringViews } from '../../../src/core/bytes/recurring-views.js'

const PLACES = 6
const MEMORIES = [new ArrayBuffer(64), new ArrayBuffer(64)]
/** Several views of each memory, some of the same bytes. */
const SOURCES = MEMORIES.flatMap((memory) => [8, 8, 16].map((at) => new Uint8Array(memory, at, 24)))

describe('RecurringViews', () => {
  it('gives the bytes that are asked for, whatever was asked for before', () => {
    const ask = fc.record({
      place: fc.nat(PLACES),
      source: fc.nat(SOURCES.length - 1),
      from: fc.integer({ min: -8, max: 8 }),
      length: fc.nat(16),
    })
    fc.assert(
      fc.property(fc.array(ask, { maxLength: 40 }), (asked) => {
        const views = new RecurringViews()
        for (const { place, source, from, length } of asked) {
          const of = SOURCES[source]!
          const view = views.part(place, of, from, from + length)
          expect([view.buffer === of.buffer, view.byteOffset, view.length]).toEqual([
            true,
            of.byteOffset + from,
            length,
          ])
          expect(views.isLast(place, view)).toBe(true)
        }
      }),
    )
  })

  it('makes none anew for what a place had last', () => {
    const views = new RecurringViews()
    const of = SOURCES[0]!
    const first = views.part(1, of, -4, 10)
    expect(views.part(1, of, -4, 10)).toBe(first)
    expect(views.known(1, of, -4, 10)).toBe(first)
    expect(views.known(1, of, -3, 10)).toBe(undefined)
    expect(views.known(1, of, -4, 11)).toBe(undefined)
    expect(views.known(1, SOURCES[1]!, -4, 10)).toBe(undefined)
    expect(views.known(2, of, -4, 10)).toBe(undefined)
  })
})
