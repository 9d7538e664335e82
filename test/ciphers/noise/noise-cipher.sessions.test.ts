import { describe, expect, it, vi } from 'vitest'
import { fastestAead } from '../../../src/ciphers/aead/choose-aead.js'
import type { Protocol } from '../../../src/ciphers/noise/handshake/protocol.js'
import {
  ERASE_AFTER,
  KEEPALIVE_AFTER,
  REJECT_AFTER,
  REKEY_AFTER,
  REKEY_ATTEMPT,
  REKEY_TIMEOUT,
} from '../../../src/ciphers/noise/wire/times.js'
import { silentLogger } from '../../../src/core/api/logger.js'
import { connectedPair, kinds, type Pair, pair, RecordingLogger } from '../../support/ciphers/tunnels.js'
import type { Flight } from '../../support/netsim/network.js'
import { ipv4Packet, numberOf } from '../../support/netsim/packets.js'
import { pseudoRandom } from '../../support/netsim/simulation.js'
import { KeptAeads } from './kept-aeads.js'

const initiations = (flights: readonly Flight[]) => flights.filter(({ bytes }) => bytes[0] === 1)
const KEEPALIVE_BYTES = 32

/** Sends packets both ways, five each in every step; their numbers go on from `first`. Returns the next number. */
function stream(made: Pair, steps: number, first: number, milliseconds = 1): number {
  const { simulation, client, server, serverId, clientId } = made
  let number = first
  for (let taken = 0; taken < steps; taken++) {
    for (let times = 0; times < 5; times++, number++) {
      client.send(serverId, ipv4Packet(40, number))
      server.send(clientId, ipv4Packet(40, number))
    }
    simulation.advance(milliseconds)
  }
  return number
}

function expectAll({ client, server, simulation }: Pair, count: number) {
  simulation.advance(1000)
  for (const end of [client, server]) {
    expect(new Set(end.delivered.map(({ bytes }) => numberOf(bytes))).size).toBe(count)
    expect(end.delivered).toHaveLength(count)
  }
}

const way = fastestAead(silentLogger)

describe.each(kinds)('a session of %s', { timeout: 30_000 }, (kind) => {
  it('is renewed after 120 s three times, at 5,000 packets a second, and loses none', () => {
    const made = connectedPair(kind, { aeadFactory: way })
    const before = initiations(made.network.sent).length
    let sent = 0
    for (let times = 0; times < 3; times++) {
      made.simulation.advance(REKEY_AFTER - 300)
      sent = stream(made, 500, sent)
    }
    expectAll(made, sent)
    expect(initiations(made.network.sent).length - before).toBe(3)
  })

  it('is renewed by the end that started it only', () => {
    const made = connectedPair(kind)
    made.simulation.advance(REKEY_AFTER + 10)
    const before = made.network.sent.length
    made.server.send(made.clientId, ipv4Packet(40, 1))
    made.simulation.advance(100)
    expect(initiations(made.network.sent.slice(before))).toHaveLength(0)
    made.client.send(made.serverId, ipv4Packet(40, 1))
    made.simulation.advance(100)
    expect(initiations(made.network.sent.slice(before))).toHaveLength(1)
  })

  it('is renewed by its initiator before it becomes too old, where that only receives', () => {
    const made = connectedPair(kind)
    made.simulation.advance(170_000)
    const before = made.network.sent.length
    made.server.send(made.clientId, ipv4Packet(40, 1))
    made.simulation.advance(100)
    expect(initiations(made.network.sent.slice(before)).map(({ from }) => from)).toEqual(['client'])
  })

  it('neither seals nor opens after 180 s', () => {
    const { simulation, network, client, server, serverId } = connectedPair(kind)
    simulation.advance(REJECT_AFTER - 300)
    expect(client.live(serverId)).toBe(true)
    network.weather = () => [2000]
    client.send(serverId, ipv4Packet(40, 1))
    simulation.advance(1000)
    expect(client.live(serverId)).toBe(false)
    network.weather = () => []
    simulation.advance(3000)
    expect(server.delivered).toHaveLength(0)
    expect(server.cipher.drops.expired).toBeGreaterThan(0)
  })

  it('has its keys erased after 540 s, and then nothing is ever due', () => {
    const aeads = new KeptAeads()
    const { simulation, client, server } = connectedPair(kind, { aeadFactory: aeads.way })
    simulation.advance(ERASE_AFTER - 1000)
    expect(client.cipher.nextTick).toBeLessThan(Number.POSITIVE_INFINITY)
    expect(aeads.live).toHaveLength(4)
    simulation.advance(2000)
    expect(aeads.live).toEqual([])
    expect(client.cipher.nextTick).toBe(Number.POSITIVE_INFINITY)
    expect(server.cipher.nextTick).toBe(Number.POSITIVE_INFINITY)
  })

  it('has its keys erased, and those of the sessions around it, when its peer is removed', () => {
    const aeads = new KeptAeads()
    const { simulation, client, server, serverId, clientId } = connectedPair(kind, { aeadFactory: aeads.way })
    simulation.advance(1000)
    client.initiate(serverId)
    simulation.advance(100)
    client.cipher.sessions!.initiate(serverId, simulation.now())
    expect(aeads.live).toHaveLength(8)
    client.cipher.close()
    expect(aeads.live).toHaveLength(4)
    server.cipher.peerManager!.remove(clientId)
    expect(aeads.live).toEqual([])
  })

  it('is kept alive by its receiver: a keepalive 10 s after data that nothing answered', () => {
    const { simulation, network, client, serverId } = connectedPair(kind)
    simulation.advance(30_000)
    const before = network.sent.length
    client.send(serverId, ipv4Packet(40, 1))
    simulation.advance(KEEPALIVE_AFTER)
    expect(network.sent.length - before).toBe(1)
    simulation.advance(20)
    const [, keepalive, ...more] = network.sent.slice(before)
    expect(keepalive).toMatchObject({ from: 'server' })
    expect(keepalive!.bytes).toHaveLength(KEEPALIVE_BYTES)
    expect(more).toEqual([])
    simulation.advance(60_000)
    expect(network.sent.length - before).toBe(2)
  })

  it('is started anew when data is answered by nothing for 15 s', () => {
    const { simulation, network, client, serverId } = connectedPair(kind)
    simulation.advance(30_000) // nothing else is due for minutes
    const before = network.sent.length
    network.weather = () => []
    client.send(serverId, ipv4Packet(40, 1))
    simulation.advance(14_900)
    expect(initiations(network.sent.slice(before))).toHaveLength(0)
    simulation.advance(500)
    expect(initiations(network.sent.slice(before))).toHaveLength(1)
  })

  it('leaves nothing due at once behind when it begins', () => {
    const { simulation, client, server, serverId } = pair(kind)
    const ticks = [client, server].map(({ cipher }) => vi.spyOn(cipher, 'tick'))
    client.send(serverId, ipv4Packet(40, 1))
    simulation.advance(500)
    expect(server.delivered).toHaveLength(1)
    for (const tick of ticks) expect(tick).not.toHaveBeenCalled()
  })

  it('is started anew by an end that stood still only if no answer waited unread', () => {
    for (const answered of [true, false]) {
      const { simulation, network, client, server, serverId, clientId } = connectedPair(kind)
      const { cipher } = client
      const started = (now: number) =>
        cipher
          .tick(now)
          .flatMap(({ datagrams }) => datagrams)
          .filter(([type]) => type === 1).length
      network.weather = ({ to }) => (to === 'server' ? [10] : [])
      client.send(serverId, ipv4Packet(40, 1))
      simulation.advance(20)
      server.send(clientId, ipv4Packet(40, 2))
      const answer = Uint8Array.from(network.sent.at(-1)!.bytes)
      const woken = simulation.now() + 40_000
      expect(started(woken)).toBe(0)
      expect(cipher.nextTick).toBeLessThanOrEqual(woken + 100)
      if (answered) cipher.open(network.link('client', 'server'), [answer], woken)
      expect(started(woken + 100)).toBe(answered ? 0 : 1)
    }
  })

  it('is tried again by an end that stood still only if no answer waited unread', () => {
    for (const answered of [true, false]) {
      const { simulation, network, client, serverId } = pair(kind)
      const { cipher } = client
      network.weather = ({ to }) => (to === 'server' ? [10] : [])
      client.send(serverId, ipv4Packet(40, 1))
      simulation.advance(20)
      const answer = Uint8Array.from(network.sent.at(-1)!.bytes)
      const woken = simulation.now() + 40_000
      const retried = (now: number) =>
        cipher
          .tick(now)
          .flatMap(({ datagrams }) => datagrams)
          .filter(([type]) => type === 1).length
      expect(retried(woken)).toBe(0)
      if (answered) cipher.open(network.link('server', 'client'), [answer], woken)
      expect(client.live(serverId)).toBe(answered)
      expect(retried(woken + 100)).toBe(answered ? 0 : 1)
    }
  })

  it('is tried for 90 s, every 5 s and a bit, and then given up with a hint', () => {
    const log = new RecordingLogger()
    const { simulation, network, client, server, serverId } = pair(kind, { log })
    network.weather = () => []
    client.send(serverId, ipv4Packet(40, 1))
    simulation.advance(REKEY_TIMEOUT + 400)
    expect(log.lines.join()).toMatch(/wrong key, wrong port/)
    simulation.advance(REKEY_ATTEMPT + 10_000)
    const tries = initiations(network.sent).length
    expect(tries).toBeGreaterThanOrEqual(17)
    expect(tries).toBeLessThanOrEqual(19)
    simulation.advance(600_000)
    expect(initiations(network.sent)).toHaveLength(tries)
    expect(client.cipher.nextTick).toBe(Number.POSITIVE_INFINITY)
    network.weather = () => [10]
    client.send(serverId, ipv4Packet(40, 2))
    simulation.advance(100)
    expect(client.live(serverId)).toBe(true)
    expect(client.cipher.drops.staged).toBe(1)
    expect(server.delivered.map(({ bytes }) => numberOf(bytes))).toEqual([2])
  })

  it('is started and kept alive by persistent keepalives, with nothing to send', () => {
    const { simulation, network, client, serverId } = pair(kind, { keepalive: 25 })
    simulation.advance(10_000)
    expect(client.live(serverId)).toBe(true)
    const before = network.sent.length
    simulation.advance(100_000)
    expect(network.sent.slice(before).filter(({ from }) => from === 'client')).toHaveLength(4)
  })

  it('comes back within a retry when the server restarted', () => {
    const made = connectedPair(kind)
    made.server.cipher = made.newServerCipher()
    made.client.send(made.serverId, ipv4Packet(40, 1))
    made.simulation.advance(16_000)
    made.client.send(made.serverId, ipv4Packet(40, 2))
    made.simulation.advance(100)
    expect(made.server.delivered.map(({ bytes }) => numberOf(bytes))).toContain(2)
  })

  it('settles on one session where both ends start at once, whatever the delays', () => {
    for (let seed = 0; seed < 60; seed++) {
      const random = pseudoRandom(seed)
      const made = pair(kind)
      const { simulation, network, client, server, serverId, clientId } = made
      server.use(clientId, 'client')
      const slow = random() < 0.5
      network.weather = () => [1 + random() * (slow ? 300 : 20)]
      client.send(serverId, ipv4Packet(40, 1))
      simulation.advance(random() * 40)
      server.send(clientId, ipv4Packet(40, 2))
      simulation.advance(3000)
      network.weather = () => [10]
      client.send(serverId, ipv4Packet(40, 3))
      server.send(clientId, ipv4Packet(40, 4))
      simulation.advance(1000)
      expect(
        server.delivered.map(({ bytes }) => numberOf(bytes)),
        `seed ${seed}`,
      ).toEqual([1, 3])
      expect(
        client.delivered.map(({ bytes }) => numberOf(bytes)),
        `seed ${seed}`,
      ).toEqual([2, 4])
      // Both take the same session for the newest: each follows the other to a new address.
      client.move('client-elsewhere')
      client.send(serverId, ipv4Packet(40, 5))
      simulation.advance(100)
      expect(server.where(clientId), `seed ${seed}`).toBe('sim://client-elsewhere')
      server.move('server-elsewhere')
      server.send(clientId, ipv4Packet(40, 6))
      simulation.advance(100)
      expect(client.where(serverId), `seed ${seed}`).toBe('sim://server-elsewhere')
    }
  })
})

it('renews a session of aes-256-gcm after its share of packets, and loses none', () => {
  const protocolOf = (protocol: Protocol): Protocol =>
    new Proxy(protocol, {
      get: (target, name) => {
        if (name === 'limits') return { rekeyAfter: 2600, rejectAfter: 5200 }
        const value = Reflect.get(target, name, target)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
  const made = connectedPair('aes-256-gcm', { aeadFactory: way, protocolOf })
  const before = initiations(made.network.sent).length
  expectAll(made, stream(made, 1700, 0, 10))
  expect(initiations(made.network.sent).length - before).toBeGreaterThanOrEqual(3)
})
