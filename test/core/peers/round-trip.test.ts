import { describe, expect, it } from 'vitest'
import { RoundTrip } from '../../../src/core/peers/round-trip.js'

describe('RoundTrip', () => {
  it('knows nothing before something was answered', () => {
    const trip = new RoundTrip()
    trip.asked(1, 100)
    trip.answered([2], 150)
    expect(trip.milliseconds).toBeUndefined()
  })

  it('takes the newest answer', () => {
    const trip = new RoundTrip()
    trip.asked(1, 100)
    trip.asked(2, 200)
    trip.answered([1], 230)
    expect([trip.milliseconds, trip.at]).toEqual([130, 230])
    trip.answered([2], 240)
    expect([trip.milliseconds, trip.at]).toEqual([40, 240])
  })

  it('takes what a handshake told, unless something newer is known', () => {
    const trip = new RoundTrip()
    trip.took(12, 100)
    trip.asked(1, 200)
    trip.answered([1], 207)
    trip.took(12, 100)
    expect(trip.milliseconds).toBe(7)
  })

  it('forgets probes that were never answered', () => {
    const trip = new RoundTrip()
    for (let id = 0; id < 1_000; id++) trip.asked(id, id)
    trip.answered([0], 2_000)
    expect(trip.milliseconds).toBeUndefined()
  })
})
