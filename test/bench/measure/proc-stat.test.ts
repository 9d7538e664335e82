import { expect, it } from 'vitest'
import { busyBetween, stolenBetween } from '../../../bench/measure/proc-stat.js'

const BEFORE = 'cpu  100 10 50 1000 20 0 5 1 7 0\ncpu0 1 1 1 1\n'
const AFTER = 'cpu  120 10 60 1060 30 0 5 1 27 0\ncpu0 1 1 1 1\n'

it('takes all but idle and iowait as busy, and counts guests once', () => {
  expect(busyBetween(BEFORE, AFTER)).toBeCloseTo(0.3)
  expect(busyBetween(BEFORE, BEFORE)).toBe(0)
})

it('tells the stolen part of all time, of all processors together', () => {
  const stolen = 'cpu  120 10 60 1060 30 0 5 26 27 0\ncpu0 1 1 1 1\n'
  expect(stolenBetween(BEFORE, stolen)).toBeCloseTo(25 / 125)
  expect(stolenBetween(BEFORE, AFTER)).toBe(0)
  expect(stolenBetween(BEFORE, BEFORE)).toBe(0)
})

it('reads kernels that count nothing as stolen', () => {
  expect(stolenBetween('cpu  1 1 1 1 1 1 1\n', 'cpu  2 2 2 2 2 2 2\n')).toBe(0)
  expect(busyBetween('cpu  1 1 1 1 1 1 1\n', 'cpu  2 2 2 2 2 2 2\n')).toBeCloseTo(5 / 7)
})
