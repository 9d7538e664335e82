import { afterEach, describe, expect, it, vi } from 'vitest'
import { HandshakeState } from '../../../src/ciphers/noise/handshake/handshake-state.js'
import { writeMacs } from '../../../src/ciphers/noise/handshake/macs.js'
import type { Protocol } from '../../../src/ciphers/noise/handshake/protocol.js'
import { connectedPair, kinds, pair } from '../../support/ciphers/tunnels.js'
import { ipv4Packet, ipv6Packet, numberOf } from '../../support/netsim/packets.js'

describe.each(kinds)('the cipher %s', (kind) => {
  afterEach(() => {
    vi.restoreAllMocks()
  })

  it('carries packets both ways once there is a session', () => {
    const { simulation, client, server, serverId, clientId } = connectedPair(kind)
    expect(client.live(serverId)).toBe(true)
    expect(server.live(clientId)).toBe(true)
    client.send(serverId, ipv4Packet(100, 1), ipv6Packet(1420, 2))
    server.send(clientId, ipv4Packet(28, 3))
    simulation.advance(50)
    expect(server.delivered.map(({ bytes }) => bytes)).toEqual([ipv4Packet(100, 1), ipv6Packet(1420, 2)])
    expect(client.delivered.map(({ bytes }) => bytes)).toEqual([ipv4Packet(28, 3)])
  })

  it('sends what waited for a session, in order', () => {
    const { simulation, client, server, serverId } = pair(kind)
    for (let number = 0; number < 100; number++) client.send(serverId, ipv4Packet(60, number))
    simulation.advance(100)
    expect(server.delivered.map(({ bytes }) => numberOf(bytes))).toEqual([...new Array(100).keys()])
  })

  it('keeps a bounded number of packets waiting and drops the oldest', () => {
    const { simulation, client, server, serverId } = pair(kind)
    for (let number = 0; number < 300; number++) client.send(serverId, ipv4Packet(60, number))
    simulation.advance(100)
    expect(server.delivered.map(({ bytes }) => numberOf(bytes))).toEqual(
      [...new Array(128).keys()].map((number) => number + 172),
    )
    expect(client.cipher.drops.staged).toBe(172)
  })

  it('tries again where the initiation or the response is lost', () => {
    const { simulation, network, client, server, serverId } = pair(kind)
    let lost = 0
    network.weather = ({ bytes }) => (bytes[0]! < 3 && lost++ < 3 ? [] : [10])
    client.send(serverId, ipv4Packet(60, 7))
    simulation.advance(20_000)
    expect(server.delivered.map(({ bytes }) => numberOf(bytes))).toEqual([7])
  })

  it('erases handshakes that come to nothing', () => {
    let erased = 0
    const protocolOf = (protocol: Protocol): Protocol => {
      const { remote } = protocol
      protocol.remote = (settings) => {
        const far = remote.call(protocol, settings)
        const { start } = far
        far.start = (...given) => {
          const exchange = start.apply(far, given)!
          return { ...exchange, erase: () => void erased++ }
        }
        return far
      }
      return protocol
    }
    const { simulation, network, client, serverId } = pair(kind, { protocolOf })
    network.weather = () => []
    client.initiate(serverId)
    expect(erased).toBe(0)
    simulation.advance(10_000)
    const tries = network.sent.length
    expect(tries).toBeGreaterThan(1)
    expect(erased).toBe(tries - 1)
    client.cipher.close()
    expect(erased).toBe(tries)
  })

  it('erases each handshake, whatever became of it', () => {
    const used = new Set<HandshakeState>()
    const erased = new Set<HandshakeState>()
    const { read, write, erase } = HandshakeState.prototype
    vi.spyOn(HandshakeState.prototype, 'read').mockImplementation(function (this: HandshakeState, message) {
      used.add(this)
      return read.call(this, message)
    })
    vi.spyOn(HandshakeState.prototype, 'write').mockImplementation(function (this: HandshakeState, payload) {
      used.add(this)
      return write.call(this, payload)
    })
    vi.spyOn(HandshakeState.prototype, 'erase').mockImplementation(function (this: HandshakeState) {
      erased.add(this)
      erase.call(this)
    })
    const { network, client, server, serverProtocol, serverId, simulation } = pair(kind)
    network.weather = ({ to }) => (to === 'server' ? [10] : []) // the client asks again and again, the server is limited
    client.send(serverId, ipv4Packet(40, 1))
    simulation.advance(20_000)
    const initiation = network.sent[0]!.bytes
    const altered = Uint8Array.from(initiation)
    altered[50]! ^= 1
    writeMacs(altered, serverProtocol.macs.mac1, undefined)
    for (const message of [initiation, altered]) {
      server.cipher.open(network.link('client', 'server'), [Uint8Array.from(message)], simulation.now())
    }
    client.cipher.close()
    expect(used.size).toBeGreaterThan(7)
    expect(erased).toEqual(used)
    expect(server.cipher.drops).toMatchObject({ stale: 1, authFailed: 1 })
  })

  it('forgets the keys of a peer that is changed, and once more when it is removed', () => {
    const erased: string[] = []
    const protocolOf = (protocol: Protocol): Protocol => {
      const { remote } = protocol
      let made = 0
      protocol.remote = (settings) => {
        const far = remote.call(protocol, settings)
        const name = `remote ${++made}`
        far.erase = () => void erased.push(name)
        return far
      }
      return protocol
    }
    const { server, clientId } = pair(kind, { protocolOf })
    server.cipher.peerManager!.change({ id: clientId })
    expect(erased).toEqual(['remote 1'])
    server.cipher.peerManager!.remove(clientId)
    expect(erased).toEqual(['remote 1', 'remote 2'])
  })

  it('knows the index of a handshake no more that it gave up', () => {
    const { simulation, network, client, serverId } = pair(kind)
    network.weather = () => []
    client.initiate(serverId)
    const [given] = network.sent
    simulation.advance(10_000)
    const cookie = new Uint8Array(64)
    cookie[0] = 3
    cookie.set(given!.bytes.subarray(4, 8), 4)
    client.cipher.open(network.link('client', 'server'), [cookie], simulation.now())
    expect(client.cipher.drops).toMatchObject({ unknownIndex: 1, authFailed: 0 })
  })

  it('wipes the keys of its macs at its end', () => {
    const protocols: Protocol[] = []
    const protocolOf = (protocol: Protocol) => {
      protocols.push(protocol)
      return protocol
    }
    const { client, server } = pair(kind, { protocolOf })
    for (const { cipher } of [client, server]) cipher.close()
    expect(protocols).toHaveLength(2)
    for (const { macs } of protocols) expect([...macs.mac1, ...macs.cookie]).toEqual(new Array(64).fill(0))
  })

  it('learns that the other end takes super-packets', () => {
    const { client, server, clientId, serverId } = connectedPair(kind)
    expect(client.cipher.sessions!.takesSuperPackets(serverId)).toBe(true)
    expect(server.cipher.sessions!.takesSuperPackets(clientId)).toBe(true)
  })
})
