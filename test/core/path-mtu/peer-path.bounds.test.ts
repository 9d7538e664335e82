import { describe, expect, it } from 'vitest'
import { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'
import type { Sessions } from '../../../src/core/api/cipher.js'
import { silentLogger } from '../../../src/core/api/logger.js'
import { packetOf } from '../../../src/core/api/packet.js'
import type { Link, TransportTraits } from '../../../src/core/api/transport.js'
import { PeerPath } from '../../../src/core/path-mtu/peer-path.js'
import { deadLink } from '../../support/links.js'

const PACKET = packetOf(new Uint8Array(1420).fill(0x45, 0, 1))

/** The path of a peer that answers a probe when it is told to. */
function lab({ block = 1, traits = {} }: { block?: number; traits?: TransportTraits } = {}) {
  const clock = new VirtualClock(0)
  /** Ids of the probes so far. */
  const probes: number[] = []
  const sessions: Sessions = {
    initiate: () => [],
    probe(_peer, id, _now, length = 0) {
      probes.push(id)
      return new Uint8Array(length)
    },
    envelope: 32,
    block,
    live: () => true,
    takesSuperPackets: () => false,
    handshake: () => undefined,
    drops: () => ({}),
  }
  /** Bytes of datagrams that the host's routes carry, by host; and how often they were found to differ. */
  const routes = new Map<string, number>()
  const counts = { asked: 0, changed: 0 }
  const routeLimit = (host: string) => () => {
    counts.asked++
    return routes.get(host)
  }
  const routeChanged = () => counts.changed++
  const parts = {
    peer: 'a',
    sessions,
    mtu: 1420,
    clock,
    log: silentLogger,
    routeChanged,
    traits: () => traits,
  }
  const path = new PeerPath({ ...parts, run: (work) => work(clock.now()) })
  const links = new Map<string, Link>()
  return {
    clock,
    path,
    probes,
    routes,
    counts,
    /** The peer is at this host. */
    follow(host: string) {
      const link = links.get(host) ?? {
        ...deadLink(`udp://${host}:1`),
        sendUnfragmented: () => true,
        routeLimit: routeLimit(host),
      }
      links.set(host, link)
      path.follow(link, clock.now())
    },
    /** Sends a packet of the largest size, and what is due because of it. */
    send() {
      path.sent([PACKET], clock.now())
      clock.advance(0)
    },
    answer: (id: number) => path.onAuthenticated([id], clock.now()),
  }
}

describe('PeerPath', () => {
  it('remembers what it found out about four hosts, and forgets the one that was used longest ago', () => {
    const { path, probes, follow, send, answer } = lab()
    follow('one')
    send()
    answer(probes.at(-1)!)
    expect(path.facts.state).toBe('confirmed')
    for (const host of ['two', 'three', 'four']) follow(host)
    expect(path.facts.state).toBe('assumed')
    follow('one')
    expect(path.facts.state).toBe('confirmed')
    for (const host of ['two', 'three', 'four', 'five', 'one']) follow(host)
    expect(path.facts.state).toBe('assumed')
  })

  it('waits for the answers to 64 probes, and knows none before them any more', () => {
    const { clock, path, probes, follow, send, answer } = lab()
    follow('one')
    while (probes.length <= 80) {
      send()
      clock.advance(1_000)
    }
    answer(probes.at(-65)!)
    expect(path.facts.state).toBe('assumed')
    answer(probes.at(-64)!)
    expect(path.facts.state).toBe('confirmed')
  })

  it('is as large as the device is by now', () => {
    const { clock, path, follow } = lab()
    path.resize(1300, clock.now())
    follow('one')
    expect([path.facts.mtu, path.maxDatagram]).toEqual([1300, Number.POSITIVE_INFINITY])
    path.resize(8920, clock.now())
    expect([path.facts.mtu, path.maxDatagram]).toEqual([8920, Number.POSITIVE_INFINITY])
  })

  it('is no larger than the route to the peer, from the first packet on', () => {
    const { path, routes, follow, send, probes } = lab()
    routes.set('one', 1352).set('two', 1472)
    follow('one')
    expect([path.facts.mtu, path.maxDatagram, path.routeMtu]).toEqual([1320, 1352, 1320])
    send()
    expect(probes).toHaveLength(2) // a batch of two
    follow('two')
    expect([path.facts.mtu, path.maxDatagram]).toEqual([1420, Number.POSITIVE_INFINITY])
    follow('three')
    expect([path.facts.mtu, path.routeMtu]).toEqual([1420, Number.POSITIVE_INFINITY])
  })

  it('is taken to carry what IPv6 promises, less what the transport says that it takes', () => {
    const probesWith = (traits: TransportTraits) => {
      const { routes, follow, send, probes } = lab({ traits })
      routes.set('one', 1232)
      follow('one')
      send()
      return probes.length
    }
    expect(probesWith({})).toBe(0) // nothing is left to be searched for
    expect(probesWith({ overhead: () => 48 })).toBe(0)
    expect(probesWith({ overhead: ({ hostname }) => (hostname === 'one' ? 49 : 48) })).toBeGreaterThan(0)
  })

  it('is not searched for if the transport says so, and the route still counts', () => {
    for (const searchesPathMtu of [true, false]) {
      const { path, probes, routes, follow, send } = lab({ traits: { searchesPathMtu } })
      routes.set('one', 1352)
      follow('one')
      send()
      expect([probes.length > 0, path.facts.state !== undefined]).toEqual([searchesPathMtu, searchesPathMtu])
      expect(path.facts.mtu).toBe(1320)
    }
  })

  it('leaves room for what the peer pads its packets with', () => {
    const { path, routes, follow } = lab({ block: 16 })
    routes.set('one', 1352).set('two', 1444)
    follow('one')
    expect([path.mtu, path.routeMtu, path.maxDatagram]).toEqual([1312, 1312, 1352])
    follow('two')
    expect(path.mtu).toBe(1408)
  })

  it('asks for the route anew once for each change of the routes, and tells where it differs', () => {
    const { clock, path, routes, counts, follow } = lab()
    routes.set('one', 1472)
    follow('one')
    expect(counts).toEqual({ asked: 1, changed: 1 })
    path.heed(1, clock.now())
    path.heed(1, clock.now())
    expect(counts).toEqual({ asked: 2, changed: 1 })
    routes.set('one', 1232)
    path.heed(2, clock.now())
    expect([counts, path.mtu]).toEqual([{ asked: 3, changed: 2 }, 1200])
    routes.delete('one')
    path.heed(3, clock.now())
    expect([counts.changed, path.facts.mtu]).toEqual([3, 1420])
  })

  it('has nothing due once it is stopped', () => {
    const { clock, path, probes, follow, send } = lab()
    follow('one')
    send()
    path.stop()
    const before = probes.length
    clock.advance(60_000)
    send()
    expect([probes.length, clock.pending]).toEqual([before, 0])
  })
})
