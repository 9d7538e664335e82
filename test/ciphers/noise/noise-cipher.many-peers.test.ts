import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, it, vi } from 'vitest'
import {
  generatePrivateKey,
  generateSharedKey,
  parseBase64Key,
  publicKeyOf,
} from '../../../src/ciphers/keys/keys.js'
import { Timestamps } from '../../../src/ciphers/noise/handshake/tai64n.js'
import { WireGuardProtocol } from '../../../src/ciphers/noise/handshake/wireguard-protocol.js'
import type { CipherPeer } from '../../../src/core/api/cipher.js'
import { countCrypto } from '../../support/ciphers/crypto-counts.js'
import { noiseCipher } from '../../support/ciphers/tunnels.js'
import { Executions } from '../../support/executions.js'
import { End } from '../../support/netsim/end.js'
import { Network } from '../../support/netsim/network.js'
import { ipv4Packet, numberOf } from '../../support/netsim/packets.js'
import { Simulation } from '../../support/netsim/simulation.js'

vi.mock('node:crypto', async (original) =>
  (await import('../../support/ciphers/crypto-counts.js')).counted(await original()),
)
vi.mock('@noble/hashes/blake2.js', async (original) =>
  (await import('../../support/ciphers/crypto-counts.js')).counted(await original()),
)

/** Bytes that a peer with a live session may cost. */
const MOST_PER_PEER = 16 * 1024
/** Times as many pieces of code as may run by chance, as where a random index is taken already. */
const MORE = 1.1

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
  const [unknown] = clients
  const [id] = ids
  const { peerManager } = hub.cipher
  peerManager!.remove(id!)
  unknown!.send(hubId, ipv4Packet(60, 1))
  simulation.advance(100)
  expect(hub.delivered).toEqual([])
  expect(hub.cipher.drops.unknownPeer).toBe(1)
  peerManager!.add(peers[0]!)
  simulation.advance(6000)
  expect(hub.delivered.map(({ peer }) => peer)).toEqual([id])
  peerManager!.remove(id!)
  peerManager!.remove(id!)
  unknown!.send(hubId, ipv4Packet(60, 2))
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
  hub.cipher.peerManager!.change({ ...peers[0]!, presharedKey, keepalive: 5 })
  client!.send(hubId, ipv4Packet(60, 2))
  simulation.advance(100)
  expect(hub.delivered).toHaveLength(2)
  simulation.advance(180_000)
  expect(hub.live(id!)).toBe(false)
  client!.cipher.peerManager!.change({ id: hubId, presharedKey })
  client!.send(hubId, ipv4Packet(60, 3))
  simulation.advance(10_000)
  expect(hub.live(id!)).toBe(true)
})

it('refuses a peer that is there already, one that is not, and itself', () => {
  const { hub, hubId, peers } = hubAndClients(1)
  expect(() => hub.cipher.peerManager!.add(peers[0]!)).toThrow(/already exists/)
  expect(() => hub.cipher.peerManager!.change({ id: hubId })).toThrow(/not there/)
  expect(() => hub.cipher.peerManager!.change({ id: peers[0]!.id, presharedKey: 'x' })).toThrow(
    /44 characters/,
  )
  expect(() => hub.cipher.peerManager!.add({ id: hubId })).toThrow(/own public key/)
  expect(() => hub.cipher.peerManager!.add({ id: 'AAAA' })).toThrow(/44 characters/)
})

it('makes a handshake of the same operations on either side, however many peers there are', () => {
  for (const count of [1, 30]) {
    const { simulation, network, hub, hubId, clients } = hubAndClients(count)
    const client = clients.at(-1)!
    const name = `client ${count - 1}`
    const [toHub, toClient] = [network.link(name, 'hub'), network.link('hub', name)]
    const begin = countCrypto(() => client.cipher.sessions!.initiate(hubId, simulation.now()))
    const answer = countCrypto(() => hub.cipher.open(toClient, begin.result, simulation.now()).replies)
    const end = countCrypto(() => client.cipher.open(toHub, answer.result, simulation.now()))
    expect(client.live(hubId)).toBe(true)
    // What IKpsk2 says: e, es, s, ss; then e, ee, se, psk; mac1 of either message made by one end, checked by the other.
    expect(begin.counts).toEqual({ keyPairs: 1, agreements: 2, macs: 1, cookies: 0, hashes: 15 })
    expect(answer.counts).toEqual({ keyPairs: 1, agreements: 4, macs: 2, cookies: 0, hashes: 34 })
    expect(end.counts).toEqual({ keyPairs: 0, agreements: 2, macs: 1, cookies: 0, hashes: 19 })
  }
})

it('does as much for one of 1,000 peers as for one of 10, and keeps 16 KiB of each at the most', {
  timeout: 120_000,
}, () => {
  const executions = new Executions()
  // The first is for what runs once in a process.
  const works = [10, 10, 1_000].map((count) => {
    const before = usedMemory()
    const { simulation, network, hub, hubId, clients, ids } = connectedHub(count)
    expect(ids.filter((id) => hub.live(id))).toHaveLength(count)
    // Both ends of each session are in this process.
    const bytes = (usedMemory() - before) / (2 * count)
    const [client, id, name] = [clients[count >> 1]!, ids[count >> 1]!, `client ${count >> 1}`]
    simulation.advance(60_000) // what is due after the handshakes is over
    const initiation = client.cipher.sessions!.initiate(hubId, simulation.now()).map(copied)
    const answering = executions.during(() => {
      const { replies } = hub.cipher.open(network.link('hub', name), initiation, simulation.now())
      client.receive(network.link(name, 'hub'), replies.map(copied))
    })
    simulation.advance(100)
    const carrying = executions.during(() => {
      hub.send(id, ipv4Packet(60, 1))
      client.send(hubId, ipv4Packet(60, 2))
      simulation.advance(15)
    })
    expect(client.delivered.map(({ bytes }) => numberOf(bytes))).toEqual([1])
    expect(hub.delivered.map(({ bytes }) => numberOf(bytes))).toEqual([2])
    return { answering, carrying, waiting: executions.during(() => simulation.advance(9_000)), bytes }
  })
  executions.close()
  const [, few, many] = works
  expect(few!.answering).toBeGreaterThan(100)
  expect(many!.answering).toBeLessThanOrEqual(MORE * few!.answering)
  expect(many!.carrying).toBeLessThanOrEqual(MORE * few!.carrying)
  // Each peer has timers of its own.
  expect(many!.waiting).toBeLessThanOrEqual(MORE * 100 * few!.waiting)
  expect(many!.bytes).toBeLessThan(MOST_PER_PEER)
})

/** The same, each client with a session and nothing on its way. */
function connectedHub(count: number) {
  const made = hubAndClients(count)
  const { simulation, network, clients, hubId } = made
  for (const client of clients) {
    simulation.advance(2) // the hub answers 500 a second without asking for cookies
    client.initiate(hubId)
  }
  simulation.advance(500)
  network.sent.length = 0
  return made
}

/** A copy of what is lent. */
function copied(datagram: Uint8Array): Uint8Array {
  return Uint8Array.from(datagram)
}

function usedMemory(): number {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}
