import { describe, expect, it } from 'vitest'
import { packetOf } from '../../../src/core/api/packet.js'
import { connectedPair, kinds, pair } from '../../support/ciphers/tunnels.js'
import { ipv4Packet } from '../../support/netsim/packets.js'

/** Milliseconds that a datagram takes one way: the weather of the simulated network. */
const ONE_WAY = 10

describe.each(kinds)('the figures of a peer, by the cipher %s', (kind) => {
  it('tell nothing before the first handshake', () => {
    const { client, serverId } = pair(kind)
    expect(client.cipher.sessions!.handshake!(serverId)).toBeUndefined()
    expect(client.cipher.sessions!.drops!(serverId)).toEqual({})
    expect(client.cipher.sessions!.drops!('nobody')).toEqual({})
  })

  it('tell when the newest session began and how long the answer took, at both ends', () => {
    const { simulation, client, server, serverId, clientId } = pair(kind)
    simulation.advance(5_000)
    const startedAt = simulation.now()
    client.send(serverId, ipv4Packet(60))
    simulation.advance(1_000)
    expect(client.cipher.sessions!.handshake!(serverId)).toEqual({
      at: startedAt + 2 * ONE_WAY,
      roundTrip: 2 * ONE_WAY,
    })
    expect(server.cipher.sessions!.handshake!(clientId)).toEqual({
      at: startedAt + 3 * ONE_WAY,
      roundTrip: 2 * ONE_WAY,
    })
  })

  it('tell what was dropped, as a part of what is counted for all', () => {
    const { simulation, network, client, server, serverId, clientId } = connectedPair(kind)
    network.weather = () => []
    client.send(serverId, ipv4Packet(60))
    const { bytes } = network.sent.at(-1)!
    const link = network.link('server', 'client')
    const forged = Uint8Array.from(bytes)
    forged[forged.length - 1]! ^= 1
    for (const datagram of [forged, bytes, bytes]) {
      server.cipher.open(link, [Uint8Array.from(datagram)], simulation.now())
    }
    expect(server.cipher.sessions!.drops!(clientId)).toEqual({ authFailed: 1, replayed: 1 })
    client.cipher.seal(serverId, [packetOf(ipv4Packet(1400))], 100, simulation.now())
    const { oversized = 0 } = client.cipher.sessions!.drops!(serverId)
    expect(oversized).toBe(client.cipher.drops.oversized)
  })

  it('tell the bytes of all datagrams, each end what the other one does', () => {
    const { simulation, network, client, server, serverId, clientId } = pair(kind)
    const bytesFrom = (name: string) =>
      network.sent.reduce((sum, { bytes, from }) => sum + (from === name ? bytes.length : 0), 0)
    client.send(serverId, ipv4Packet(60))
    simulation.advance(1_000)
    server.send(clientId, ipv4Packet(600))
    simulation.advance(200_000) // keepalives, and a session that is renewed
    client.send(serverId, ipv4Packet(60))
    simulation.advance(1_000)
    const [near, far] = [
      client.cipher.sessions!.carried!(serverId),
      server.cipher.sessions!.carried!(clientId),
    ]
    expect(near).toEqual({ sent: bytesFrom('client'), received: bytesFrom('server') })
    expect(far).toEqual({ sent: near.received, received: near.sent })
    expect(near.received).toBeGreaterThan(600)
  })
})
