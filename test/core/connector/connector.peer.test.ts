import { describe, expect, it } from 'vitest'
import { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'
import { silentLogger } from '../../../src/core/api/logger.js'
import type { Link } from '../../../src/core/api/transport.js'
import { Connector } from '../../../src/core/connector/connector.js'
import { Peer } from '../../../src/core/peers/peers.js'
import { FakeLink } from '../../support/core/fake-link.js'
import { Carrier } from '../../support/netsim/carrier.js'
import { pass } from '../../support/netsim/pass.js'
import { Side } from '../../support/netsim/side.js'

const PACKET = Uint8Array.of(0x45, ...new Uint8Array(19))

/** A connector that was given a link for its only endpoint. */
async function connected(endpoint: string, link: FakeLink) {
  const clock = new VirtualClock()
  const used: (Link | undefined)[] = []
  const connector = new Connector({
    peer: new Peer('far'),
    endpoints: [new URL(endpoint)],
    dial: async () => link,
    traits: () => ({ kind: link.stream ? 'stream' : 'datagram' }),
    sessions: {
      envelope: 0,
      initiate: () => [],
      probe: (_peer, id) => Uint8Array.of(id),
      live: () => true,
      takesSuperPackets: () => false,
    },
    keepalive: () => [],
    use: (next) => used.push(next),
    run: (work) => work(),
    clock,
    log: silentLogger,
    random: () => 0.5,
  })
  const started = connector.start()
  await pass(clock, 0)
  await started
  connector.onAuthenticated(link, [], clock.now())
  return { connector, clock, used }
}

describe('Connector and a peer that moves', () => {
  it('follows it to another UDP address, and keeps what it dialled open', async () => {
    const dialled = new FakeLink('udp://a')
    const { connector, clock } = await connected('udp://a', dialled)
    const moved = new FakeLink('udp://b')
    expect(connector.follows(moved)).toBe(true)
    expect(dialled.closes).toBe(0)
    await pass(clock, 25_000)
    expect([dialled.sent.length, moved.sent.length]).toEqual([1, 1])
    connector.onAuthenticated(moved, [], clock.now())
    expect(connector.follows(dialled)).toBe(true)
    connector.follows(moved)
    await connector.stop()
    expect(dialled.closes).toBe(1)
  })

  it('closes what it dialled where a peer that moved does not answer', async () => {
    const dialled = new FakeLink('udp://a')
    const { connector, clock, used } = await connected('udp://a', dialled)
    connector.follows(new FakeLink('udp://b'))
    connector.sent(clock.now())
    await pass(clock, 2_500)
    expect(dialled.closes).toBeGreaterThan(0)
    expect(used.at(-2)).toBeUndefined()
    await connector.stop()
  })

  it('does not let it choose another carrier', async () => {
    for (const stream of [true, false]) {
      const dialled = new FakeLink('a', stream)
      const { connector } = await connected('tcp://a', dialled)
      expect(connector.follows(new FakeLink('b', true))).toBe(false)
      expect(connector.follows(new FakeLink('c', false))).toBe(!stream)
      await connector.stop()
    }
  })

  it('outlives a link that ends by the keepalive or by a probe', async () => {
    const link = new FakeLink('tcp://a', true)
    const { connector, clock } = await connected('tcp://a', link)
    await pass(clock, 5_000)
    link.onSend = () => connector.closed(link, new Error('broken pipe'))
    await pass(clock, 60_000)
    expect(clock.pending).toBeGreaterThan(0)
    await connector.stop()
    expect(clock.pending).toBe(0)
  })
})

describe('Connector where both ends have endpoints', () => {
  /** Two ends that call each other: `a` by its own carrier, `b` by another one. */
  async function both() {
    const clock = new VirtualClock()
    const carriers = { tcp: new Carrier(clock, true), ws: new Carrier(clock, true) }
    const a = new Side({ clock, carriers, endpoints: ['tcp://b'] })
    const b = new Side({ clock, carriers, endpoints: ['ws://a'] })
    await b.listen('tcp://b')
    await a.listen('ws://a')
    const exchange = async () => {
      const before = [a, b].map(({ tun }) => tun.written.length)
      a.tun.inject(PACKET)
      b.tun.inject(PACKET)
      await pass(clock, 50)
      return [a, b].map(({ tun }, index) => tun.written.length - before[index]!)
    }
    const start = async () => {
      void a.connector!.start()
      await pass(clock, 100)
      void b.connector!.start()
      await pass(clock, 1_000)
    }
    return { clock, carriers, a, b, exchange, start }
  }

  it('lets each end send by what it chose', async () => {
    const { a, b, exchange, start, carriers } = await both()
    await start()
    expect([a.remote, b.remote]).toEqual(['memory://b', 'memory://a'])
    expect(await exchange()).toEqual([1, 1])
    expect([a.cipher.handshakes, b.cipher.handshakes]).toEqual([1, 1])
    expect([carriers.tcp.open.size, carriers.ws.open.size]).toEqual([1, 1])
  })

  it('answers where the peer calls from while no endpoint of its own answers', async () => {
    const { a, b, exchange, start, carriers, clock } = await both()
    carriers.ws.fault = 'refused'
    await start()
    expect(await exchange()).toEqual([1, 1])
    expect(b.remote).toMatch('anonymous')
    await pass(clock, 60_000)
    expect(await exchange()).toEqual([1, 1])
    carriers.ws.fault = undefined
    await pass(clock, 10_000)
    expect([a.remote, b.remote]).toEqual(['memory://b', 'memory://a'])
    expect(await exchange()).toEqual([1, 1])
  })

  it('forgets where the peer called from when that link ends', async () => {
    const { a, b, start, carriers, clock } = await both()
    carriers.ws.fault = 'refused'
    await start()
    expect(b.remote).toMatch('anonymous')
    await a.stop()
    await pass(clock, 10_000)
    expect(b.remote).toBeUndefined()
  })

  it('keeps talking while a dead endpoint of its own is tried', async () => {
    const { b, exchange, start, carriers, clock } = await both()
    carriers.ws.fault = 'hangs'
    await start()
    for (let count = 0; count < 20; count++) {
      expect(await exchange()).toEqual([1, 1])
      await pass(clock, 1_000)
    }
    expect(b.remote).toMatch('anonymous')
  })
})
