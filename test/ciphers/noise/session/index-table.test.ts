import { expect, it } from 'vitest'
import { IndexTable } from '../../../../src/ciphers/noise/session/index-table.js'

/** Yields these bytes, four at a time. */
function chance(...indices: number[]) {
  return () => Uint8Array.of(indices.shift()!, 0, 0, 0x80)
}

it('an IndexTable picks indices at random, and none that is in use', () => {
  const table = new IndexTable<string>(chance(1, 1, 1, 2, 1))
  const first = table.unused()
  table.set(first, 'first')
  const second = table.unused()
  table.set(second, 'second')
  expect([first, second]).toEqual([0x8000_0001, 0x8000_0002])
  expect([table.get(first), table.get(second)]).toEqual(['first', 'second'])
  table.delete(first)
  expect(table.get(first)).toBeUndefined()
  expect(table.unused()).toBe(first)
})
