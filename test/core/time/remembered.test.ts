import { expect, it } from 'vitest'
import { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'
import { Remembered } from '../../../src/core/time/remembered.js'

it('knows what was noted last until it is too old', () => {
  const clock = new VirtualClock()
  const remembered = new Remembered<number>(clock, { kept: 1_000, most: 2 })
  remembered.note('a', 1)
  clock.advance(999)
  expect(remembered.get('a')).toBe(1)
  remembered.note('a', 2)
  clock.advance(999)
  expect(remembered.get('a')).toBe(2)
  clock.advance(1)
  expect(remembered.get('a')).toBeUndefined()
})

it('tells whether there was anything to forget, also of what is too old', () => {
  const clock = new VirtualClock()
  const remembered = new Remembered<number>(clock, { kept: 1_000, most: 2 })
  remembered.note('a', 1)
  clock.advance(1_000)
  expect([remembered.forget('a'), remembered.forget('a')]).toEqual([true, false])
})

it('forgets what was noted first beyond its bound, and all if it is told to', () => {
  const remembered = new Remembered<number>(new VirtualClock(), { kept: Number.POSITIVE_INFINITY, most: 2 })
  remembered.note('a', 1)
  remembered.note('b', 2)
  remembered.note('a', 3)
  remembered.note('c', 4)
  const known = () => ['a', 'b', 'c'].map((key) => remembered.get(key))
  expect(known()).toEqual([3, undefined, 4])
  remembered.clear()
  expect(known()).toEqual([undefined, undefined, undefined])
})
