import { beforeEach, describe, expect, it } from 'vitest'
import { TrafficWatch } from '../../../src/app/library/traffic-watch.js'
import { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'

const some = (packets: number) => ({ packets, bytes: packets * 100 })
const client = (packets: number, drops: Record<string, number> = {}) => ({
  ...{ name: 'client', id: 'abc' },
  ...{ sent: some(packets), received: some(0), drops },
})

describe('TrafficWatch', () => {
  const told: unknown[] = []
  const clock = new VirtualClock()
  let figures = { sent: some(0), received: some(0), drops: {}, peers: [client(0)] }
  let watch: TrafficWatch
  beforeEach(() => {
    told.length = 0
    figures = { sent: some(5), received: some(5), drops: { 'pump.unroutable': 2 }, peers: [client(5)] }
    watch = new TrafficWatch({
      clock,
      figures: () => figures,
      traffic: (event) => told.push({ traffic: event }),
      drops: (event) => told.push({ drops: event }),
    })
  })

  it('tells once a second what went through since the listener came, and of no peer that was idle', () => {
    watch.begin()
    watch.listen('traffic', true)
    figures = { ...figures, sent: some(8), peers: [client(8), { ...client(0), id: 'idle' }] }
    clock.advance(999)
    expect(told).toEqual([])
    clock.advance(1)
    const peers = [{ name: 'client', id: 'abc', sent: some(3), received: some(0) }]
    expect(told).toEqual([{ traffic: { sent: some(3), received: some(0), peers } }])
    clock.advance(10_000)
    expect(told).toHaveLength(1)
    watch.end()
  })

  it('tells which drops there were, those of each peer too, and of a new link from its start', () => {
    watch.listen('drops', true)
    watch.begin()
    figures = { ...figures, drops: { 'pump.unroutable': 3 }, peers: [client(5, { 'link.overflow': 7 })] }
    clock.advance(1_000)
    figures = { ...figures, peers: [client(5, { 'link.overflow': 2 })] }
    clock.advance(1_000)
    const peer = (count: number) => [{ name: 'client', id: 'abc', drops: { 'link.overflow': count } }]
    expect(told).toEqual([
      { drops: { drops: { 'pump.unroutable': 1 }, peers: peer(7) } },
      { drops: { drops: {}, peers: peer(2) } },
    ])
    watch.end()
  })

  it('counts anew for a peer that left and came back', () => {
    watch.begin()
    watch.listen('traffic', true)
    figures = { ...figures, sent: some(7), peers: [client(2)] }
    clock.advance(1_000)
    expect(told).toMatchObject([{ traffic: { sent: some(2), peers: [{ sent: some(2) }] } }])
    watch.end()
  })

  it('tells at the end what is not told yet', () => {
    watch.begin()
    watch.listen('traffic', true)
    figures = { ...figures, received: some(6) }
    watch.end()
    expect(told).toEqual([{ traffic: { sent: some(0), received: some(1), peers: [] } }])
    expect(clock.pending).toBe(0)
  })

  it('looks at nothing unless the tunnel runs and somebody listens', () => {
    watch.listen('traffic', true)
    expect(clock.pending).toBe(0)
    watch.begin()
    expect(clock.pending).toBe(1)
    watch.listen('drops', true)
    watch.listen('traffic', false)
    expect(clock.pending).toBe(1)
    watch.listen('drops', false)
    watch.listen('reached', true)
    expect(clock.pending).toBe(0)
    watch.end()
  })
})
