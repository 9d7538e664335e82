import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, it } from 'vitest'
import {
  generatePrivateKey,
  generateSharedKey,
  parseBase64Key,
  publicKeyOf,
} from '../../../src/ciphers/keys/keys.js'
import { Timestamps } from '../../../src/ciphers/noise/handshake/tai64n.js'
import { WireGuardProtocol } from '../../../src/ciphers/noise/handshake/wireguard-protocol.js'
import type { CipherPeer } from '../../../src/core/api/cipher.js'
import { noiseCipher } from '../../support/ciphers/tunnels.js'
import { End } from '../../support/netsim/end.js'
import { Network } from '../../support/netsim/network.js'
import { ipv4Packet, numberOf } from '../../support/netsim/packets.js'
import { Simulation } from '../../support/netsim/simulation.js'

/** Bytes that a peer with a live session may cost. */
const MOST_PER_PEER = 16 * 1024
/** Milliseconds of CPU time that a handshake may cost each side. */
const MOST_PER_HANDSHAKE = 1.5

/** A hub and `count` clients, in a simulated network. */
function hubAndClients(count: number) {
  const simulation = new Simulation()
  const network = new Network(simulation)
  const common = { wall: () => simulation.wall(), timestamps: new Timestamps() }
  const cipherOf = (key: string, peers: readonly CipherPeer[]) =>
    noiseCipher(new WireGuardProtocol(parseBase64Key(key, 'private key')), peers, common)
  const hubKey = generatePrivateKey()
  const keys = [...new Array(count)].map(() => generatePrivateKey())
  const peers = keys.map((key): CipherPeer => ({ id: publicKeyOf(key), presharedKey: generateSharedKey() }))
  const hub = new End(simulation, network, 'hub', cipherOf(hubKey, peers))
  const hubId = publicKeyOf(hubKey)
  const clients = keys.map((key, number) => {
    const cipher = cipherOf(key, [{ id: hubId, presharedKey: peers[number]!.presharedKey }])
    const client = new End(simulation, network, `client ${number}`, cipher)
    client.use(hubId, 'hub')
    return client
  })
  return { simulation, network, hub, hubId, clients, ids: peers.map(({ id }) => id), peers }
}

it('tells peers apart by their keys, and serves each at its own address', () => {
  const { simulation, hub, hubId, clients, ids } = hubAndClients(20)
  for (const [number, client] of clients.entries()) client.send(hubId, ipv4Packet(60, number))
  simulation.advance(200)
  expect(new Set(hub.delivered.map(({ peer, bytes }) => `${numberOf(bytes)} ${peer}`))).toEqual(
    new Set(ids.map((id, number) => `${number} ${id}`)),
  )
  for (const [number, id] of ids.entries()) hub.send(id, ipv4Packet(60, 1000 + number))
  simulation.advance(50)
  for (const [number, client] of clients.entries()) {
    expect(client.delivered.map(({ bytes }) => numberOf(bytes))).toEqual([1000 + number])
  }
})

it('serves a peer from when it is added until it is removed', () => {
  const { simulation, hub, hubId, clients, ids, peers } = hubAndClients(3)
  const [stranger] = clients
  const [id] = ids
  const { members } = hub.cipher
  members!.remove(id!)
  stranger!.send(hubId, ipv4Packet(60, 1))
  simulation.advance(100)
  expect(hub.delivered).toEqual([])
  expect(hub.cipher.drops.unknownPeer).toBe(1)
  members!.add(peers[0]!)
  simulation.advance(6000)
  expect(hub.delivered.map(({ peer }) => peer)).toEqual([id])
  members!.remove(id!)
  members!.remove(id!)
  stranger!.send(hubId, ipv4Packet(60, 2))
  simulation.advance(100)
  expect(hub.delivered).toHaveLength(1)
  expect(hub.cipher.sessions!.live(id!, simulation.now())).toBe(false)
})

it('changes a preshared key from the next handshake on, and a keepalive at once', () => {
  const { simulation, hub, hubId, clients, ids, peers } = hubAndClients(1)
  const [client] = clients
  const [id] = ids
  client!.send(hubId, ipv4Packet(60, 1))
  simulation.advance(100)
  const presharedKey = generateSharedKey()
  hub.cipher.members!.change({ ...peers[0]!, presharedKey, keepalive: 5 })
  client!.send(hubId, ipv4Packet(60, 2))
  simulation.advance(100)
  expect(hub.delivered).toHaveLength(2)
  simulation.advance(180_000)
  expect(hub.live(id!)).toBe(false)
  client!.cipher.members!.change({ id: hubId, presharedKey })
  client!.send(hubId, ipv4Packet(60, 3))
  simulation.advance(10_000)
  expect(hub.live(id!)).toBe(true)
})

it('refuses a peer that is there already, one that is not, and itself', () => {
  const { hub, hubId, peers } = hubAndClients(1)
  expect(() => hub.cipher.members!.add(peers[0]!)).toThrow(/there already/)
  expect(() => hub.cipher.members!.change({ id: hubId })).toThrow(/not there/)
  expect(() => hub.cipher.members!.change({ id: peers[0]!.id, presharedKey: 'x' })).toThrow(/44 characters/)
  expect(() => hub.cipher.members!.add({ id: hubId })).toThrow(/own public key/)
  expect(() => hub.cipher.members!.add({ id: 'AAAA' })).toThrow(/44 characters/)
})

it('serves 1,000 peers at 16 KiB each, and takes at most 1.5 ms of CPU per handshake and side', {
  timeout: 60_000,
}, () => {
  const { simulation, network, hub, hubId, clients, ids } = hubAndClients(1000)
  const before = usedMemory()
  const initiations = clients.map((client) =>
    client.cipher.sessions!.initiate(hubId, simulation.now()).map((datagram) => Uint8Array.from(datagram)),
  )
  // The server's share alone: it answers 500 a second without asking for cookies.
  const spent: number[] = []
  const responses = initiations.map((datagrams, number) => {
    simulation.advance(2)
    const link = network.link('hub', `client ${number}`)
    const start = process.cpuUsage()
    const { replies } = hub.cipher.open(link, datagrams, simulation.now())
    spent.push(milliseconds(process.cpuUsage(start)))
    return replies.map((reply) => Uint8Array.from(reply))
  })
  // The median: the machine's other work comes in bursts.
  const median = spent.sort((a, b) => a - b)[500]!
  expect(median).toBeLessThan(MOST_PER_HANDSHAKE)
  for (const [number, client] of clients.entries()) {
    client.receive(network.link(`client ${number}`, 'hub'), responses[number]!)
  }
  simulation.advance(500)
  network.sent.length = 0
  expect(ids.filter((id) => hub.live(id))).toHaveLength(1000)
  // Both ends of each session are in this process.
  const perPeer = (usedMemory() - before) / 2000
  expect(perPeer).toBeLessThan(MOST_PER_PEER)
  process.stdout.write(
    `handshake: ${median.toFixed(3)} ms of CPU at the responder; a live session: ${Math.round(perPeer)} bytes\n`,
  )
})

function milliseconds({ user, system }: NodeJS.CpuUsage): number {
  return (user + system) / 1000
}

function usedMemory(): number {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}
