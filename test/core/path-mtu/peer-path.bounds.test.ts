import { describe, expect, it } from 'vitest'
import { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'
import type { Sessions } from '../../../src/core/api/cipher.js'
import { silentLogger } from '../../../src/core/api/logger.js'
import { packetOf } from '../../../src/core/api/packet.js'
import type { Link } from '../../../src/core/api/transport.js'
import { PeerPath } from '../../../src/core/path-mtu/peer-path.js'
import { deadLink } from '../../support/links.js'

const PACKET = packetOf(new Uint8Array(1420).fill(0x45, 0, 1))

/** The path of a peer that answers a probe when it is told to. */
function lab() {
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
    live: () => true,
    takesSuperPackets: () => false,
    handshake: () => undefined,
    drops: () => ({}),
  }
  const parts = { peer: 'a', sessions, mtu: 1420, clock, log: silentLogger }
  const path = new PeerPath({ ...parts, run: (work) => work(clock.now()) })
  const links = new Map<string, Link>()
  return {
    clock,
    path,
    probes,
    /** The peer is at this host. */
    follow(host: string) {
      const link = links.get(host) ?? { ...deadLink(`udp://${host}:1`), sendUnfragmented: () => true }
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
