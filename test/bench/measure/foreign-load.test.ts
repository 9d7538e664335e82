import { expect, it } from 'vitest'
import { busyBetween } from '../../../bench/measure/foreign-load.js'

it('takes all but idle and iowait as busy, and counts guests once', () => {
  const before = 'cpu  100 10 50 1000 20 0 5 1 7 0\ncpu0 1 1 1 1\n'
  const after = 'cpu  120 10 60 1060 30 0 5 1 27 0\ncpu0 1 1 1 1\n'
  expect(busyBetween(before, after)).toBeCloseTo(0.3)
  expect(busyBetween(before, before)).toBe(0)
})
