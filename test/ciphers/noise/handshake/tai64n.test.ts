import fc from 'fast-check'
import { expect, it } from 'vitest'
import { isLater, TIMESTAMP_BYTES, Timestamps } from '../../../../src/ciphers/noise/handshake/tai64n.js'

it('writes the label of a second as every WireGuard does', () => {
  const timestamp = new Timestamps().next(1_500_000_000_000)
  expect(Buffer.from(timestamp).toString('hex')).toBe('4000000059682f0a00000000')
  expect(timestamp).toHaveLength(TIMESTAMP_BYTES)
})

it('grows strictly however the wall clock moves', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 2 ** 33 * 1000 }), { minLength: 2 }), (walls) => {
      const timestamps = new Timestamps()
      const made = walls.map((wall) => timestamps.next(wall))
      for (let i = 1; i < made.length; i++) expect(isLater(made[i]!, made[i - 1]!)).toBe(true)
    }),
  )
})

it('tells of the clock in steps of 2^24 ns only', () => {
  for (const milliseconds of [1, 16.7, 16.8, 500, 999.9]) {
    const timestamp = new Timestamps().next(1_500_000_000_000 + milliseconds)
    const nanoseconds = Buffer.from(timestamp).readUInt32BE(8)
    expect(nanoseconds % 2 ** 24).toBe(0)
    expect(nanoseconds).toBeGreaterThan(milliseconds * 1e6 - 2 ** 24)
  }
})

it('carries into the next second when the nanoseconds are used up', () => {
  const timestamps = new Timestamps()
  const first = timestamps.next(1999.999999)
  let last = first
  for (let i = 0; i < 5; i++) {
    const next = timestamps.next(0)
    expect(isLater(next, last)).toBe(true)
    last = next
  }
})

it('is equal to itself and therefore not later', () => {
  const timestamp = new Timestamps().next(5)
  expect(isLater(timestamp, timestamp)).toBe(false)
})
