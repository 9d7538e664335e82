import { afterEach, describe, expect, it, vi } from 'vitest'
import { systemClock } from '../../../src/core/time/system-clock.js'

afterEach(() => {
  vi.useRealTimers()
})

describe('systemClock', () => {
  it('calls once, and never after it was cancelled', () => {
    vi.useFakeTimers()
    const calls: string[] = []
    systemClock.schedule(10, () => calls.push('a'))
    const cancelled = systemClock.schedule(10, () => calls.push('b'))
    cancelled.cancel()
    cancelled.cancel()
    vi.advanceTimersByTime(100)
    expect(calls).toEqual(['a'])
  })

  it('waits where a delay is more than setTimeout takes', () => {
    vi.useFakeTimers()
    const calls: string[] = []
    systemClock.schedule(Number.MAX_SAFE_INTEGER, () => calls.push('early'))
    vi.advanceTimersByTime(2 ** 31 - 2)
    expect(calls).toEqual([])
  })

  it('tells a time that never decreases, and the time of day', () => {
    const before = systemClock.now()
    expect(systemClock.now()).toBeGreaterThanOrEqual(before)
    expect(Math.abs(systemClock.wall() - Date.now())).toBeLessThan(1_000)
  })
})
