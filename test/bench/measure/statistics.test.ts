import { expect, it } from 'vitest'
import { median, percentile, slope } from '../../../bench/measure/statistics.js'

it('finds the median of odd and even numbers of values', () => {
  expect(median([3, 1, 2])).toBe(2)
  expect(median([4, 1, 3, 2])).toBe(2.5)
  expect(median([])).toBeNaN()
})

it('finds percentiles', () => {
  const values = Array.from({ length: 100 }, (_, index) => 100 - index)
  expect(percentile(values, 0.5)).toBe(51)
  expect(percentile(values, 0.99)).toBe(100)
  expect(percentile([], 0.5)).toBeNaN()
})

it('fits a straight line', () => {
  const points = [
    [0, 5],
    [1, 7],
    [2, 9],
  ] as const // prettier
  expect(slope(points)).toBeCloseTo(2)
  expect(
    slope([
      [0, 1],
      [1, 1.5],
      [2, 0.5],
      [3, 1],
    ]),
  ).toBeCloseTo(-0.1)
})
