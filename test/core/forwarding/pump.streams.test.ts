import { describe, expect, it } from 'vitest'
import { LEAST_AGE } from '../../../src/core/forwarding/narrowed-streams.js'
import { MAX_AT_ONCE } from '../../../src/core/forwarding/peer-paths.js'
import { parseIpPrefix } from '../../../src/core/ip/ip-prefix.js'
import { Peer } from '../../../src/core/peers/peers.js'
import { FakeLink } from '../../support/core/fake-link.js'
import { ipv4, pumpLab } from './pump-lab.js'

/** Peer `a` by a stream that it opened some time ago, whose route a test narrows. */
function acceptedStream(age = LEAST_AGE) {
  const lab = pumpLab()
  const route = { narrowed: false, looks: 0 }
  const stream = Object.assign(new FakeLink('fake://a', true), {
    hasNarrowed: () => {
      route.looks++
      return route.narrowed
    },
  })
  lab.pump.uses(lab.peers.a, stream)
  lab.clock.advance(age)
  return { ...lab, stream, route }
}

describe('Pump on a stream whose route carries less than before', () => {
  it('closes one that the peer opened, so that the peer opens another', () => {
    const { pump, peers, clock, stream, route } = acceptedStream()
    route.narrowed = true
    pump.paths.routesChanged(clock.now())
    clock.advance(0)
    expect([stream.closes, peers.a.link]).toEqual([1, undefined])
  })

  it.each([0, 1])(
    'closes it once it is three seconds old if its route carries less by then: %i times',
    (closes) => {
      const { pump, clock, stream, route } = acceptedStream(LEAST_AGE - 10)
      route.narrowed = true
      pump.paths.routesChanged(clock.now())
      clock.advance(9)
      route.narrowed = closes === 1
      expect(stream.closes).toBe(0)
      clock.advance(1)
      expect([stream.closes, clock.pending]).toEqual([closes, 0])
    },
  )

  it('looks at 256 that peers opened whenever routes change, and at the others when they are next sent to', () => {
    const { leave, pump, peers, clock, stream, route } = acceptedStream()
    peers.remove(peers.a)
    for (let number = 0; number < MAX_AT_ONCE; number++) {
      const other = new Peer(`other ${number}`)
      other.link = Object.assign(new FakeLink(), { hasNarrowed: () => false })
      peers.add(other, [])
    }
    peers.add(peers.a, [parseIpPrefix('10.0.0.10')!])
    route.narrowed = true
    pump.paths.routesChanged(clock.now())
    clock.advance(1_000)
    expect(stream.closes).toBe(0)
    leave(ipv4(1, 10))
    clock.advance(0)
    expect(stream.closes).toBe(1)
  })

  it('looks at it once for each change of routes, and not before the first', () => {
    const { leave, pump, clock, route } = acceptedStream()
    for (let packet = 0; packet < 3; packet++) leave(ipv4(1, 10))
    expect(route.looks).toBe(0)
    pump.paths.routesChanged(clock.now())
    for (let packet = 0; packet < 3; packet++) leave(ipv4(1, 10))
    expect(route.looks).toBe(1)
  })
})
