import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'
import { Alarm } from '../../../src/core/time/alarm.js'

function start() {
  const clock = new VirtualClock(0)
  const rings: number[] = []
  const alarm = new Alarm(clock, () => rings.push(clock.now()))
  return { clock, rings, alarm }
}

describe('Alarm', () => {
  it('rings at the earliest of the times it was set to, once', () => {
    const { clock, rings, alarm } = start()
    for (const due of [300, 100, 200, Number.POSITIVE_INFINITY]) alarm.set(due, 0)
    expect(clock.pending).toBe(1)
    clock.advance(1_000)
    expect(rings).toEqual([100])
  })

  it('rings at once for a time that is past', () => {
    const { clock, rings, alarm } = start()
    clock.advance(50)
    alarm.set(20, 50)
    clock.advance(0)
    expect(rings).toEqual([50])
  })

  it('may be set again while it rings', () => {
    const clock = new VirtualClock(0)
    const rings: number[] = []
    const alarm: Alarm = new Alarm(clock, () => {
      rings.push(clock.now())
      if (rings.length < 3) alarm.set(clock.now() + 10, clock.now())
    })
    alarm.set(10, 0)
    clock.advance(100)
    expect(rings).toEqual([10, 20, 30])
    expect(clock.pending).toBe(0)
  })

  it('is silent once cancelled, and has one timer at most', () => {
    const action = fc.oneof(fc.nat(1_000), fc.constant('cancel' as const))
    fc.assert(
      fc.property(fc.array(action), (actions) => {
        const { clock, rings, alarm } = start()
        let earliest = Number.POSITIVE_INFINITY
        for (const due of actions) {
          if (due === 'cancel') alarm.cancel()
          else alarm.set(due, 0)
          earliest = due === 'cancel' ? Number.POSITIVE_INFINITY : Math.min(earliest, due)
          expect(clock.pending).toBe(earliest === Number.POSITIVE_INFINITY ? 0 : 1)
        }
        clock.advance(2_000)
        expect(rings).toEqual(earliest === Number.POSITIVE_INFINITY ? [] : [earliest])
      }),
    )
  })
})
