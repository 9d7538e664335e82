import { randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import { generateSharedKey } from '../../../src/ciphers/keys/keys.js'
import { EndIds } from '../../../src/ciphers/noise/handshake/end-ids.js'
import { silentLogger } from '../../../src/core/api/logger.js'
import { pskProtocol } from '../../support/ciphers/psk-protocols.js'
import { noiseCipher, pair, RecordingLogger } from '../../support/ciphers/tunnels.js'
import { ipv4Packet } from '../../support/netsim/packets.js'

it('tells both sides of a wrong shared key what they see', () => {
  const log = new RecordingLogger()
  const { simulation, network, client, server, serverId } = pair('aes-256-gcm', { log })
  const other = pskProtocol('aes-256-gcm', randomBytes(32), new EndIds(randomBytes(16), silentLogger), 'peer')
  client.cipher = noiseCipher(other, [{ id: 'peer' }], { log, wall: () => simulation.wall() })
  client.send(serverId, ipv4Packet(40))
  simulation.advance(12_000)
  expect(log.lines.filter((line) => line.startsWith('no answer: wrong key'))).toHaveLength(1)
  expect(log.lines.filter((line) => line.startsWith('a handshake does not match this end'))).toHaveLength(1)
  expect(server.cipher.drops.wrongMac1).toBe(3)
  expect(network.sent.every(({ from }) => from === 'client')).toBe(true)
})

it('tells of a wrong preshared key', () => {
  const log = new RecordingLogger()
  const { simulation, client, server, serverId, clientId } = pair('wireguard', { log })
  server.cipher.peerManager!.remove(clientId)
  server.cipher.peerManager!.add({ id: clientId, presharedKey: generateSharedKey() })
  client.send(serverId, ipv4Packet(40))
  simulation.advance(1000)
  expect(log.lines.join('\n')).toMatch(/the answer of the peer does not open: wrong preshared key\?/)
  expect(server.delivered).toEqual([])
})

it('tells the end that answers of a wrong preshared key, where nothing follows its answers', () => {
  const log = new RecordingLogger()
  const { simulation, client, server, serverId, clientId } = pair('wireguard', { log })
  server.cipher.peerManager!.remove(clientId)
  server.cipher.peerManager!.add({ id: clientId, presharedKey: generateSharedKey() })
  const hint = () => log.lines.filter((line) => line.startsWith('nothing follows the answers')).length
  for (let times = 0; times < 4; times++) {
    expect(hint()).toBe(0)
    client.initiate(serverId)
    simulation.advance(1000)
  }
  expect(hint()).toBe(1)
})

it('tells nobody of answers that are lost now and then', () => {
  const log = new RecordingLogger()
  const { simulation, network, client, serverId } = pair('wireguard', { log })
  for (let times = 0; times < 5; times++) {
    network.weather = ({ bytes }) => (bytes[0] === 2 ? [] : [10])
    client.initiate(serverId)
    simulation.advance(1000)
    network.weather = () => [10]
    client.initiate(serverId)
    simulation.advance(1000)
  }
  expect(log.lines.join()).not.toMatch(/nothing follows/)
})

it('hints at the clock where nothing answers, also where somebody else keeps asking for handshakes', () => {
  const log = new RecordingLogger()
  const { simulation, network, client, serverId } = pair('wireguard', { log })
  network.weather = () => []
  for (let times = 0; times < 10; times++) {
    client.initiate(serverId)
    simulation.advance(1000)
  }
  expect(log.lines.filter((line) => line.includes('a clock that is behind'))).toHaveLength(1)
})

it('tells of a peer that is not configured', () => {
  const log = new RecordingLogger()
  const { simulation, client, server, serverId, clientId } = pair('wireguard', { log })
  server.cipher.peerManager!.remove(clientId)
  client.send(serverId, ipv4Packet(40))
  simulation.advance(1000)
  expect(log.lines.join('\n')).toContain(
    `a peer that is not configured asks for a session {"peer":"${clientId}"`,
  )
})
