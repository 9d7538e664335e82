import { expect, it } from 'vitest'
import { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'
import { KeyUpdateLimit } from '../../../src/transports/tls/key-update-limit.js'

it('admits eight at a time, and then one every 10 s', () => {
  const clock = new VirtualClock()
  const limit = new KeyUpdateLimit(clock)
  const admitted = (count: number) =>
    Array.from({ length: count }, () => limit.admits()).filter(Boolean).length
  expect(admitted(20)).toBe(8)
  clock.advance(9_999)
  expect(admitted(5)).toBe(0)
  clock.advance(1)
  expect(admitted(5)).toBe(1)
  clock.advance(3_600_000)
  expect(admitted(20)).toBe(8)
})
