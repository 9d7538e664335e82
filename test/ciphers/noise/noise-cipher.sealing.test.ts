import { describe, expect, it } from 'vitest'
import { HEADROOM, type Packet, packetOf } from '../../../src/core/api/packet.js'
import { connectedPair, kinds, pair } from '../../support/ciphers/tunnels.js'
import { ipv4Packet, ipv6Packet } from '../../support/netsim/packets.js'

/** Bytes of a datagram beyond its text. */
const ENVELOPE = 32

function superPacket(length: number, checksum: Packet['checksum']): Packet {
  return { ...packetOf(ipv4Packet(length, 5)), segmentSize: 1360, checksum }
}

describe.each(kinds)('the cipher %s', (kind) => {
  const block = kind === 'wireguard' ? 16 : 1

  it('never adds more than it declares', () => {
    const { client, serverId, simulation } = connectedPair(kind)
    for (let length = 28; length <= 1500; length++) {
      const [datagram] = client.cipher.seal(
        serverId,
        [packetOf(ipv4Packet(length))],
        65_507,
        simulation.now(),
      )
      expect(datagram!.length - length).toBeLessThanOrEqual(client.cipher.overhead)
      const padded = length > 1420 ? length : Math.min(1420, Math.ceil(length / block) * block)
      expect(datagram!.length).toBe(ENVELOPE + padded)
    }
  })

  it('pads up to the MTU of the moment', () => {
    const { client, serverId, simulation } = connectedPair(kind)
    const sealed = (length: number) =>
      client.cipher.seal(serverId, [packetOf(ipv4Packet(length))], 65_507, simulation.now())[0]!.length
    client.cipher.resize!(8_920)
    const padded = (length: number) => ENVELOPE + Math.ceil(length / block) * block
    expect([1_421, 8_901].map(sealed)).toEqual([1_421, 8_901].map(padded))
    client.cipher.resize!(1_300)
    expect([1_300, 1_301].map(sealed)).toEqual([ENVELOPE + 1_300, ENVELOPE + 1_301])
  })

  it('stops padding where the datagram would become too large for the link', () => {
    const { client, serverId, simulation } = connectedPair(kind)
    const seal = (length: number, most: number) =>
      client.cipher.seal(serverId, [packetOf(ipv4Packet(length))], most, simulation.now())
    expect(seal(1001, 1035)[0]!.length).toBeLessThanOrEqual(1035)
    expect(seal(1003, 1035)).toHaveLength(1)
    expect(seal(1004, 1035)).toHaveLength(2)
  })

  it('seals a packet where it lies', () => {
    const { client, serverId, simulation } = connectedPair(kind)
    const packet = packetOf(ipv4Packet(100))
    const [datagram] = client.cipher.seal(serverId, [packet], 65_507, simulation.now())
    expect(datagram!.buffer).toBe(packet.bytes.buffer)
    expect(datagram!.byteOffset).toBe(HEADROOM - 16)
  })

  it('copies packets that have no room around them, a whole batch of them', () => {
    const { client, server, serverId, simulation } = connectedPair(kind)
    const numbers = [...new Array(20).keys()]
    const packets = numbers.map((number) => ipv4Packet(60_000, number))
    client.send(serverId, ...packets.map((bytes): Packet => ({ bytes, segmentSize: 0, checksum: 'full' })))
    simulation.advance(50)
    const whole = numbers.map((number) => ipv4Packet(60_000, number))
    expect(server.delivered).toHaveLength(20)
    for (const [number, { bytes }] of server.delivered.entries()) {
      expect(Buffer.compare(bytes, whole[number]!), `packet ${number}`).toBe(0)
    }
  })

  it('carries super-packets and partial checksums to an end that takes them', () => {
    const { client, server, serverId, simulation } = connectedPair(kind)
    client.send(
      serverId,
      superPacket(9000, 'partial'),
      superPacket(2000, 'full'),
      { ...packetOf(ipv4Packet(60, 7)), checksum: 'partial' },
      { ...packetOf(ipv6Packet(61, 8)), checksum: 'partial' },
    )
    simulation.advance(50)
    expect(server.delivered).toEqual([
      { peer: expect.anything(), bytes: ipv4Packet(9000, 5), segmentSize: 1360, checksum: 'partial' },
      { peer: expect.anything(), bytes: ipv4Packet(2000, 5), segmentSize: 1360, checksum: 'full' },
      { peer: expect.anything(), bytes: ipv4Packet(60, 7), segmentSize: 0, checksum: 'partial' },
      { peer: expect.anything(), bytes: ipv6Packet(61, 8), segmentSize: 0, checksum: 'partial' },
    ])
  })

  it('sends neither to an end that says it does not take them', () => {
    const { client, serverId, simulation } = connectedPair(kind, { takesSuperPackets: false })
    expect(client.cipher.sessions!.takesSuperPackets(serverId)).toBe(false)
    const partial: Packet = { ...packetOf(ipv4Packet(60)), checksum: 'partial' }
    const sealed = client.cipher.seal(
      serverId,
      [superPacket(4000, 'full'), partial],
      65_507,
      simulation.now(),
    )
    expect(sealed).toHaveLength(0)
    expect(client.cipher.drops.unsplit).toBe(2)
  })

  it('asks an end that does not answer three times per session, and treats it as a plain one', () => {
    const made = pair(kind)
    const { simulation, network, client, serverId } = made
    const isQuestion = (length: number) => length === ENVELOPE + 13
    network.weather = ({ bytes }) => (bytes[0] === 4 && isQuestion(bytes.length) ? [] : [10])
    client.initiate(serverId)
    const questions = () =>
      network.sent.filter(({ from, bytes }) => from === 'client' && isQuestion(bytes.length))
    simulation.advance(60_000)
    expect(questions()).toHaveLength(3)
    expect(client.cipher.sessions!.takesSuperPackets(serverId)).toBe(false)
    expect(client.probe(serverId, 1)).toBe(false)
    client.initiate(serverId)
    simulation.advance(60_000)
    expect(questions()).toHaveLength(6)
  })

  it('keeps what it knows of the other end when keys are renewed', () => {
    const { simulation, client, serverId } = connectedPair(kind)
    client.initiate(serverId)
    for (let elapsed = 0; elapsed < 100; elapsed++) {
      simulation.advance(1)
      expect(client.cipher.sessions!.takesSuperPackets(serverId)).toBe(true)
    }
  })

  it('answers a probe, also one that is padded to try a path', () => {
    const { simulation, network, client, serverId } = connectedPair(kind)
    expect(client.probe(serverId, 0xfedcba98, undefined, 1452)).toBe(true)
    expect(network.sent.at(-1)!.bytes).toHaveLength(1452)
    simulation.advance(50)
    expect(client.probeReplies).toEqual([0xfedcba98])
    expect(network.sent.at(-1)!.bytes.length).toBeLessThan(100)
  })

  it('drops and counts packets to a peer it does not know', () => {
    const { client, simulation } = connectedPair(kind)
    expect(client.cipher.seal('nobody', [packetOf(ipv4Packet(60))], 1500, simulation.now())).toEqual([])
    expect(client.cipher.drops.unknownPeer).toBe(1)
  })

  it('opens nothing of what has any byte changed', () => {
    const { simulation, network, client, server, serverId } = connectedPair(kind)
    network.weather = () => []
    client.send(serverId, ipv4Packet(60))
    const { bytes } = network.sent.at(-1)!
    const link = network.link('server', 'client')
    for (let at = 0; at < bytes.length; at++) {
      const altered = Uint8Array.from(bytes)
      altered[at]! ^= 0x20
      expect(server.cipher.open(link, [altered], simulation.now()).opened).toEqual([])
    }
    expect(server.cipher.open(link, [Uint8Array.from(bytes)], simulation.now()).opened).toHaveLength(1)
    expect(server.cipher.open(link, [Uint8Array.from(bytes)], simulation.now()).opened).toEqual([])
    expect(server.cipher.drops.replayed).toBe(1)
  })

  it('drops counters that are no exact integers, before anything else', () => {
    const { simulation, network, client, server, serverId } = connectedPair(kind)
    network.weather = () => []
    client.send(serverId, ipv4Packet(60))
    const altered = Uint8Array.from(network.sent.at(-1)!.bytes)
    altered.fill(0xff, 8, 16)
    server.cipher.open(network.link('server', 'client'), [altered], simulation.now())
    expect(server.cipher.drops.malformed).toBe(1)
  })
})
