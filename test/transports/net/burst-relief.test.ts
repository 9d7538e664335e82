import { describe, expect, it } from 'vitest'
import { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'
import { BurstRelief } from '../../../src/transports/net/burst-relief.js'

function start() {
  const clock = new VirtualClock()
  const lab = { clock, trimmed: 0, relief: new BurstRelief(clock, () => void lab.trimmed++) }
  const come = (count: number) => {
    for (let one = 0; one < count; one++) lab.relief.came()
  }
  return Object.assign(lab, { come })
}

describe('BurstRelief', () => {
  it('gives memory back once, within 60 s of a burst', () => {
    const lab = start()
    lab.come(3_000)
    lab.clock.advance(19_999)
    expect(lab.trimmed).toBe(0)
    lab.come(100)
    lab.clock.advance(40_001)
    expect(lab.trimmed).toBe(1)
    lab.clock.advance(3_600_000)
    expect([lab.trimmed, lab.clock.pending]).toEqual([1, 0])
    lab.come(256)
    lab.clock.advance(60_000)
    expect(lab.trimmed).toBe(2)
  })

  it('waits while the burst goes on', () => {
    const lab = start()
    for (let seconds = 0; seconds < 600; seconds++) {
      lab.come(50)
      lab.clock.advance(1_000)
    }
    expect(lab.trimmed).toBe(0)
    lab.clock.advance(60_000)
    expect(lab.trimmed).toBe(1)
  })

  it('does nothing for few, and nothing after it was stopped', () => {
    const lab = start()
    lab.come(255)
    lab.clock.advance(3_600_000)
    lab.come(300)
    lab.relief.stop()
    expect(lab.clock.pending).toBe(0)
    lab.come(255)
    lab.clock.advance(3_600_000)
    expect(lab.trimmed).toBe(0)
  })
})
