import { describe, expect, it } from 'vitest'
import { connectedPair, kinds } from '../../support/ciphers/tunnels.js'
import { deadLink } from '../../support/links.js'
import { ipv4Packet } from '../../support/netsim/packets.js'

describe.each(kinds)('a peer of %s', (kind) => {
  it('moves to the address that its newest datagram came from', () => {
    const { simulation, client, server, serverId, clientId } = connectedPair(kind)
    client.move('hotel')
    client.send(serverId, ipv4Packet(40))
    simulation.advance(50)
    expect(server.where(clientId)).toBe('sim://hotel')
    server.send(clientId, ipv4Packet(40))
    simulation.advance(50)
    expect(client.delivered).toHaveLength(1)
  })

  it('moves by a keepalive too', () => {
    const { simulation, client, server, serverId, clientId } = connectedPair(kind)
    server.send(clientId, ipv4Packet(40))
    simulation.advance(50)
    client.move('hotel')
    simulation.advance(11_000)
    expect(client.live(serverId)).toBe(true)
    expect(server.where(clientId)).toBe('sim://hotel')
  })

  it('is not moved by a replayed, forged or late datagram', () => {
    const { simulation, network, client, server, serverId, clientId } = connectedPair(kind)
    network.weather = ({ from }) => (from === 'client' ? [] : [10])
    client.send(serverId, ipv4Packet(40, 1))
    const late = network.sent.at(-1)!
    network.weather = () => [10]
    client.send(serverId, ipv4Packet(40, 2))
    simulation.advance(50)
    const seen = network.sent.at(-1)!
    const forged = Uint8Array.from(seen.bytes)
    forged[30]! ^= 1
    forged[8]! += 100
    for (const bytes of [seen.bytes, forged, late.bytes]) {
      network.send({ from: 'thief', to: 'server', bytes })
      simulation.advance(50)
      expect(server.where(clientId)).toBe('sim://client')
    }
    expect(server.delivered).toHaveLength(2) // the late one is genuine, and is delivered
  })

  it('is not moved by a probe, which is answered where it came from', () => {
    const { simulation, network, client, server, serverId, clientId } = connectedPair(kind)
    network.place('other', client)
    network.place('client', client)
    const probe = client.cipher.sessions!.probe(serverId, 42, simulation.now())!
    network.send({ from: 'other', to: 'server', bytes: Uint8Array.from(probe) })
    simulation.advance(15)
    expect(network.sent.at(-1)).toMatchObject({ from: 'server', to: 'other' })
    simulation.advance(50)
    expect(client.probeReplies).toEqual([42])
    expect(server.where(clientId)).toBe('sim://client')
  })

  it('is not moved by an initiation while it has a session', () => {
    const { simulation, client, server, serverId, clientId } = connectedPair(kind)
    simulation.advance(1000)
    const [initiation] = client.cipher.sessions!.initiate(serverId, simulation.now())
    const link = { ...deadLink('sim://elsewhere'), source: Uint8Array.of(1, 2, 3, 4) }
    const { opened, replies } = server.cipher.open(link, [Uint8Array.from(initiation!)], simulation.now())
    expect(opened).toEqual([])
    expect(replies).toHaveLength(1)
    expect(server.where(clientId)).toBe('sim://client')
    expect(server.live(clientId)).toBe(true)
  })

  it('is not moved by data of the session before', () => {
    const { simulation, network, client, server, serverId, clientId } = connectedPair(kind)
    simulation.advance(1000)
    network.weather = () => []
    client.send(serverId, ipv4Packet(40, 1))
    const old = network.sent.at(-1)!
    network.weather = () => [10]
    client.initiate(serverId)
    simulation.advance(100)
    network.send({ ...old, from: 'elsewhere' })
    simulation.advance(50)
    expect(server.delivered).toHaveLength(1)
    expect(server.where(clientId)).toBe('sim://client')
  })
})
