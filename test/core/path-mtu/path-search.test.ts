import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pseudoRandom } from '../../support/netsim/simulation.js'
import { BASE, MAX, SimulatedPath } from './simulated-path.js'

/** Bytes that a search may stay below what a path carries. */
const PRECISION = 8
const capacities = fc.integer({ min: BASE, max: MAX + 100 })
const roundTrips = fc.integer({ min: 1, max: 900 })

describe('PathSearch', () => {
  it('takes a path to carry the largest datagram, and has it confirmed by one probe', () => {
    const path = new SimulatedPath(MAX)
    expect([path.search.size, path.search.state, path.search.due]).toEqual([
      MAX,
      'assumed',
      Number.POSITIVE_INFINITY,
    ])
    path.send(1_000)
    expect([path.search.size, path.search.state, path.probes]).toEqual([MAX, 'confirmed', [MAX]])
  })

  it('finds what a path carries within 20 s, and never uses more from 3 s on', () => {
    fc.assert(
      fc.property(capacities, roundTrips, (capacity, roundTrip) => {
        const path = new SimulatedPath(capacity, { roundTrip })
        path.send(3_000)
        expect(path.search.size).toBeLessThanOrEqual(capacity)
        for (let second = 0; second < 17; second++) {
          path.send(1_000)
          expect(path.search.size).toBeLessThanOrEqual(capacity)
        }
        expect(path.search.size).toBeGreaterThanOrEqual(Math.min(MAX, capacity - PRECISION))
        expect(path.search.state).toBe('confirmed')
      }),
    )
  })

  it('notices within 10 s of sending that less passes, at whatever time that begins', () => {
    fc.assert(
      fc.property(
        capacities,
        capacities,
        roundTrips,
        fc.integer({ min: 0, max: 30_000 }),
        (before, after, roundTrip, at) => {
          const path = new SimulatedPath(before, { roundTrip })
          path.send(at)
          path.capacity = Math.min(before, after)
          path.send(12_000)
          expect(path.search.size).toBeLessThanOrEqual(path.capacity)
          path.send(30_000)
          expect(path.search.size).toBeGreaterThanOrEqual(Math.min(MAX, path.capacity - PRECISION))
        },
      ),
    )
  })

  it('falls at once to about what passes, not to the least', () => {
    const path = new SimulatedPath(MAX)
    path.send(1_000)
    path.capacity = 1400
    path.send(10_000)
    expect(path.search.size).toBeGreaterThan(1400 - (MAX - BASE) / 8)
  })

  it('tries more again after 10 min, and finds it', () => {
    fc.assert(
      fc.property(capacities, capacities, (narrow, wide) => {
        const path = new SimulatedPath(Math.min(narrow, wide))
        path.send(20_000)
        path.capacity = Math.max(narrow, wide)
        path.send(640_000, { interval: 1_000 })
        expect(path.search.size).toBeLessThanOrEqual(path.capacity)
        expect(path.search.size).toBeGreaterThanOrEqual(Math.min(MAX, path.capacity - PRECISION))
      }),
      { numRuns: 50 },
    )
  })

  it('changes nothing while nothing at all passes', () => {
    fc.assert(
      fc.property(capacities, fc.integer({ min: 0, max: 20_000 }), (capacity, at) => {
        const path = new SimulatedPath(capacity)
        path.send(at)
        path.wait(20_000)
        const { size } = path.search
        path.lost = () => true
        path.send(120_000, { interval: 1_000 })
        expect(path.search.size).toBe(size)
        path.lost = () => false
        path.send(30_000)
        expect(path.search.size).toBeLessThanOrEqual(capacity)
        expect(path.search.size).toBeGreaterThanOrEqual(Math.min(MAX, capacity - PRECISION))
      }),
    )
  })

  it('uses no more than passes for long, and comes back, where a fifth of all probes is lost', () => {
    fc.assert(
      fc.property(capacities, fc.integer(), (capacity, seed) => {
        const random = pseudoRandom(seed)
        const path = new SimulatedPath(capacity)
        path.lost = () => random() < 0.2
        path.send(60_000)
        expect(path.search.size).toBeLessThanOrEqual(capacity)
        path.lost = () => false
        path.send(1_250_000, { interval: 1_000 })
        expect(path.search.size).toBeGreaterThanOrEqual(Math.min(MAX, capacity - PRECISION))
      }),
      { numRuns: 50 },
    )
  })

  it('has nothing due while nothing is sent, and sends little while something is', () => {
    const path = new SimulatedPath(1300)
    path.send(30_000)
    path.probes.length = 0
    path.wait(3_600_000)
    expect(path.probes).toEqual([])
    path.send(600_000, { interval: 1_000 })
    expect(path.probes.length).toBeLessThan(250)
  })

  it('leaves a path alone by which only small datagrams go', () => {
    const path = new SimulatedPath(MAX)
    path.send(1_000)
    path.send(300_000, { largest: BASE })
    expect(path.probes).toEqual([MAX])
  })

  it('looks at each datagram that may have become large, however many small ones go between', () => {
    const path = new SimulatedPath(MAX)
    path.send(1_000)
    path.capacity = 1300
    for (let second = 0; second < 6; second++) path.send(1_000, { largest: BASE, interval: 10 })
    path.send(1, { interval: 1 })
    path.send(10_000, { largest: BASE, interval: 10 })
    expect(path.search.size).toBeLessThanOrEqual(1300)
    expect(path.search.size).toBeGreaterThanOrEqual(1300 - PRECISION)
  })

  it('gives batches up where only single datagrams pass, at whatever size', () => {
    fc.assert(
      fc.property(capacities, roundTrips, fc.boolean(), (capacity, roundTrip, later) => {
        const path = new SimulatedPath(later ? MAX : capacity, { roundTrip })
        if (later) path.send(10_000)
        path.batches = false
        path.capacity = capacity
        path.send(11_000)
        expect([path.search.batches, path.search.size <= capacity]).toEqual([false, true])
        path.send(30_000)
        expect(path.search.size).toBeGreaterThanOrEqual(Math.min(MAX, capacity - PRECISION))
      }),
    )
  })

  it('keeps batches where they pass, whatever is lost', () => {
    fc.assert(
      fc.property(capacities, fc.integer(), (capacity, seed) => {
        const random = pseudoRandom(seed)
        const path = new SimulatedPath(capacity)
        path.lost = () => random() < 0.05
        path.send(600_000, { interval: 1_000 })
        expect(path.search.batches).toBe(true)
      }),
      { numRuns: 30 },
    )
  })

  it('waits for no answer to what this host itself cannot send', () => {
    const path = new SimulatedPath(MAX, { max: 9_032 })
    path.localLimit = 1_472
    path.capacity = 1_472
    path.send(1_000)
    expect(path.search.size).toBeGreaterThanOrEqual(BASE)
    path.send(4_000)
    expect(path.search.size).toBeGreaterThanOrEqual(1_472 - PRECISION)
  })

  it('ends where this host cannot send even what every path carries', () => {
    const path = new SimulatedPath(MAX)
    path.localLimit = BASE - 1
    path.send(10_000)
    expect(path.search.size).toBe(BASE)
    expect(path.probes.length).toBeLessThan(10)
  })

  it('uses no more than this host can send from the moment on that it can send less', () => {
    const path = new SimulatedPath(MAX)
    path.send(1_000)
    path.search.limit(1_352)
    expect(path.search.size).toBe(1_352)
    path.capacity = 1_300
    path.send(20_000)
    expect(path.search.size).toBeLessThanOrEqual(1_300)
    path.search.limit(1_200)
    expect(path.search.size).toBe(1_200)
  })

  it('keeps what it found where this host can send more than before, and tries that at once', () => {
    const path = new SimulatedPath(1_352, { max: 1_352 })
    path.send(1_000)
    path.search.limit(MAX)
    expect(path.search.size).toBe(1_352)
    path.send(20_000)
    expect(path.search.size).toBe(1_352)
    path.search.limit(MAX + 1)
    path.capacity = MAX + 1
    path.send(1_000, { largest: 100 })
    expect(path.search.size).toBe(MAX + 1)
  })

  it('follows what this host can send where nobody answers', () => {
    const { search } = new SimulatedPath(MAX)
    for (const max of [1_352, MAX, 1_000, MAX]) {
      search.limit(max)
      expect(search.size).toBe(max)
    }
  })

  it('takes no late answer for more than this host can send', () => {
    const path = new SimulatedPath(MAX)
    path.send(1)
    path.search.limit(1_352)
    path.wait(1_000)
    expect(path.search.size).toBe(1_352)
  })

  it('puts a trial off while no probe can be sent', () => {
    const { search } = new SimulatedPath(MAX)
    search.sent(MAX, 0)
    expect(search.probes(0)).toEqual([{ size: MAX, batch: true }])
    search.cannotProbe(0)
    expect([search.due, search.idleUntil, search.size]).toEqual([Number.POSITIVE_INFINITY, 1_000, MAX])
  })

  it('has nothing to find where the largest datagram is no larger than what every path carries', () => {
    const path = new SimulatedPath(MAX, { max: BASE })
    path.send(60_000)
    expect([path.search.size, path.probes]).toEqual([BASE, []])
  })
})
