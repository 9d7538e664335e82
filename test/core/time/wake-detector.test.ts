import { describe, expect, it } from 'vitest'
import type { Clock } from '../../../src/core/time/clock.js'
import { WakeDetector } from '../../../src/core/time/wake-detector.js'

/** A clock whose two times are set by hand. */
class HandClock implements Clock {
  monotonic = 500
  wallTime = 1_700_000_000_000

  now(): number {
    return this.monotonic
  }

  wall(): number {
    return this.wallTime
  }

  schedule(): never {
    throw new Error('not needed')
  }

  /** Lets time pass, awake and asleep. */
  pass(awake: number, asleep = 0): void {
    this.monotonic += awake
    this.wallTime += awake + asleep
  }
}

describe('WakeDetector', () => {
  it('notices sleep once', () => {
    const clock = new HandClock()
    const detector = new WakeDetector(clock)
    clock.pass(3_600_000)
    expect(detector.slept()).toBe(false)
    clock.pass(1_000, 60_000)
    expect(detector.slept()).toBe(true)
    clock.pass(1_000)
    expect(detector.slept()).toBe(false)
  })

  it('takes no correction of the clock for sleep', () => {
    const clock = new HandClock()
    const detector = new WakeDetector(clock)
    clock.pass(1_000, 10_000)
    expect(detector.slept()).toBe(false)
    clock.pass(1_000, -3_600_000)
    expect(detector.slept()).toBe(false)
    clock.pass(1_000, 5_000)
    expect(detector.slept()).toBe(false)
  })
})
