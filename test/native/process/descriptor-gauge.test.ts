import { expect, it } from 'vitest'
import { DescriptorGauge } from '../../../src/native/process/descriptor-gauge.js'

it('counts once a second while there are plenty, and each time while there are few', () => {
  let counted = 0
  let free = 1_000
  const gauge = new DescriptorGauge(() => {
    counted++
    return free
  })
  expect([gauge.free(0), gauge.free(500), gauge.free(999), counted]).toEqual([1_000, 999, 998, 1])
  free = 60
  expect([gauge.free(1_000), counted]).toEqual([60, 2])
  free = 59
  expect([gauge.free(1_001), gauge.free(1_002), counted]).toEqual([59, 59, 4])
})

it('notices within a count that many were taken at once', () => {
  let free = 100
  const gauge = new DescriptorGauge(() => free)
  const seen = Array.from({ length: 100 }, () => {
    const left = gauge.free(0)
    free--
    return left
  })
  expect(seen.at(-1)).toBe(1)
})
