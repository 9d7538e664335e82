import { describe, expect, it } from 'vitest'
import { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'

describe('VirtualClock', () => {
  it('stands still until it is advanced', () => {
    const clock = new VirtualClock(5)
    expect(clock.now()).toBe(5)
    clock.advance(10)
    expect(clock.now()).toBe(15)
  })

  it('moves the wall clock along', () => {
    const clock = new VirtualClock()
    const before = clock.wall()
    clock.advance(10)
    expect(clock.wall() - before).toBe(10)
  })

  it('calls timers by time and, at one time, in the order of their making', () => {
    const clock = new VirtualClock(0)
    const calls: string[] = []
    clock.schedule(2, () => calls.push(`late at ${clock.now()}`))
    clock.schedule(1, () => calls.push(`first at ${clock.now()}`))
    clock.schedule(1, () => calls.push(`second at ${clock.now()}`))
    clock.schedule(4, () => calls.push('never'))
    clock.advance(3)
    expect(calls).toEqual(['first at 1', 'second at 1', 'late at 2'])
    expect(clock.pending).toBe(1)
  })

  it('calls timers that were set on the way', () => {
    const clock = new VirtualClock(0)
    const calls: number[] = []
    const again = () => {
      calls.push(clock.now())
      clock.schedule(2, again)
    }
    clock.schedule(1, again)
    clock.advance(6)
    expect(calls).toEqual([1, 3, 5])
  })

  it('does not call a cancelled timer', () => {
    const clock = new VirtualClock()
    const timer = clock.schedule(1, () => expect.unreachable())
    timer.cancel()
    timer.cancel()
    clock.advance(2)
    expect(clock.next).toBe(Number.POSITIVE_INFINITY)
  })
})
