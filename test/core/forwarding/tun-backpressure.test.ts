import { describe, expect, it } from 'vitest'
import { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'
import { TunBackpressure } from '../../../src/core/forwarding/tun-backpressure.js'
import { FakeTun } from './pump-lab.js'

function lab() {
  const clock = new VirtualClock()
  const tun = new FakeTun()
  const backpressure = new TunBackpressure(tun, clock)
  return { clock, tun, brake: backpressure, apply: () => backpressure.apply(clock.now()) }
}

describe('TunBackpressure', () => {
  it('pauses the device until it is released', () => {
    const { clock, tun, brake: backpressure, apply } = lab()
    apply()
    clock.advance(20)
    expect(tun.pauses).toEqual(['pause'])
    backpressure.release()
    expect(tun.pauses).toEqual(['pause', 'resume'])
    expect(clock.pending).toBe(0)
  })

  it('lets the device go on by itself after 50 ms, however often it is applied meanwhile', () => {
    const { clock, tun, apply } = lab()
    apply()
    clock.advance(49)
    apply()
    expect(tun.pauses).toEqual(['pause'])
    clock.advance(1)
    expect(tun.pauses).toEqual(['pause', 'resume'])
    apply()
    clock.advance(50)
    expect(tun.pauses).toEqual(['pause', 'resume', 'pause', 'resume'])
    expect(clock.pending).toBe(0)
  })

  it('resumes nothing that goes on', () => {
    const { tun, brake: backpressure } = lab()
    backpressure.release()
    expect(tun.pauses).toEqual([])
  })

  it('has nothing due once the device is closed', () => {
    const { clock, tun, brake: backpressure, apply } = lab()
    apply()
    backpressure.stop()
    clock.advance(1_000)
    expect([tun.pauses, clock.pending]).toEqual([['pause'], 0])
  })
})
