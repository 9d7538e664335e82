import { describe, expect, it } from 'vitest'
import {
  ENOUGH_PACKETS,
  IDLE_AFTER,
  LIMITS,
  MOST_AGE,
  MOST_YIELDED,
  Pace,
  YIELD,
} from '../../../src/app/rehearsal/pace.js'

/** A pace in a world that stands still unless it is moved. */
function paceIn() {
  const world = { now: 1_000, cpu: 50, own: undefined as number | undefined, waited: 9, carried: 7 }
  const pace = new Pace({
    now: () => world.now,
    cpu: () => world.cpu,
    own: () => world.own,
    waited: () => world.waited,
    carried: () => world.carried,
  })
  const turn = (time: number, cpu = time) => {
    world.now += time
    world.cpu += cpu
    pace.turned()
  }
  return { pace, turn, world }
}

describe('the pace of a rehearsal', () => {
  it('is one packet a turn until turns take less than a millisecond, and lone ones alone', () => {
    const { pace, turn } = paceIn()
    for (let turns = 0; turns < 20; turns++) turn(1.2)
    expect([pace.packets, pace.weight]).toEqual([1, 0])
    for (let turns = 0; turns < 20; turns++) turn(0.3)
    expect(pace.packets).toBeGreaterThan(3)
    expect(pace.weight).toBe(2)
  })

  it('goes down at once after a long turn, so that what is real does not wait for another', () => {
    const { pace, turn } = paceIn()
    for (let turns = 0; turns < 16; turns++) turn(0.3)
    const before = pace.packets
    turn(2.5)
    expect(pace.packets).toBe(before >> 1)
    for (let turns = 0; turns < 4; turns++) turn(2.5)
    expect([pace.packets, pace.weight]).toEqual([1, 0])
    expect(pace.longest).toBeCloseTo(2.5)
  })

  it('ends when its time is up, or what all threads may use of the processor', () => {
    const one = paceIn()
    while (!one.pace.isOver) one.turn(10)
    expect(one.world.now - 1_000).toBe(LIMITS.time)
    const other = paceIn()
    while (!other.pace.isOver) other.turn(1, 50)
    expect(other.world.cpu - 50).toBe(LIMITS.cpu)
    expect(LIMITS.time).toBeLessThanOrEqual(500)
    expect(LIMITS.cpu).toBeLessThanOrEqual(1_300)
  })

  it('counts what its thread used, not what other programs had meanwhile', () => {
    const { pace, turn, world } = paceIn()
    turn(100, 3)
    expect(pace.spentTimes.time).toBe(3)
    world.own = 7
    pace.begin()
    world.own = 9
    turn(100, 5)
    expect(pace.spentTimes).toEqual({ time: 5, cpu: 8 })
  })

  it('is as fast on a host that is busy, where a turn that takes little is long', () => {
    const { pace, turn, world } = paceIn()
    world.own = 0
    pace.begin()
    for (let turns = 0; turns < 20; turns++) {
      world.own += 0.3
      turn(50, 20)
    }
    expect(pace.packets).toBeGreaterThan(3)
    expect(pace.weight).toBe(2)
    expect(pace.longest).toBeCloseTo(0.3)
    world.own += 9
    turn(50, 20)
    expect(pace.packets).toBeLessThan(4)
    expect(pace.longest).toBeCloseTo(9)
  })

  it('tells the longest turn, a start among them', () => {
    const { pace, turn, world } = paceIn()
    turn(3)
    world.now += 20
    world.cpu += 20
    pace.worked()
    expect(pace.longest).toBe(20)
  })

  it('waits while real packets pass, which costs none of its time, and goes on when they stop', () => {
    const { pace, turn, world } = paceIn()
    turn(1)
    expect(pace.pause).toBe(0)
    world.carried++
    turn(1)
    expect(pace.pause).toBe(IDLE_AFTER)
    world.now += IDLE_AFTER - 1
    expect(pace.pause).toBe(1)
    world.carried++
    pace.begin()
    expect(pace.pause).toBe(IDLE_AFTER)
    world.now += IDLE_AFTER
    pace.begin()
    turn(1)
    expect(pace.pause).toBe(0)
    expect(pace.spentTimes.time).toBe(3)
  })

  it('leaves the CPU for a moment to others if its thread had to wait for them, in a turn or a start', () => {
    const { pace, turn, world } = paceIn()
    world.waited += 1
    turn(2)
    expect(pace.yields).toBe(0)
    world.waited += 1.1
    turn(2)
    expect(pace.yields).toBe(YIELD)
    world.now += YIELD
    pace.begin()
    expect(pace.yields).toBe(0)
    world.waited += 5 // while it paused
    pace.begin()
    turn(1)
    expect(pace.yields).toBe(0)
    world.waited += 2
    pace.worked()
    expect(pace.yields).toBe(YIELD)
  })

  it('does not wait for a host that is always busy', () => {
    const { pace, turn, world } = paceIn()
    let paused = 0
    for (let turns = 0; turns < 100; turns++) {
      world.waited += 3
      turn(4)
      paused += pace.yields
      world.now += pace.yields
      pace.begin()
    }
    expect(paused).toBe(MOST_YIELDED)
  })

  it('is over when the tunnel is no longer young, though it was left no time', () => {
    const { pace, world } = paceIn()
    world.now += MOST_AGE - 1
    pace.begin()
    expect(pace.isOver).toBe(false)
    world.now += 1
    expect(pace.isOver).toBe(true)
  })

  it('is over once a real tunnel has carried enough', () => {
    const { pace, turn, world } = paceIn()
    world.carried += ENOUGH_PACKETS - 1
    turn(1)
    expect(pace.isOver).toBe(false)
    world.carried++
    turn(1)
    expect(pace.isOver).toBe(true)
  })
})
