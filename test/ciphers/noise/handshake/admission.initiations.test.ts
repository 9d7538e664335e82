import { describe, expect, it } from 'vitest'
import { writeMacs } from '../../../../src/ciphers/noise/handshake/macs.js'
import { INITIATION_INTERVAL } from '../../../../src/ciphers/noise/wire/times.js'
import { connectedPair, kinds, type Pair, pair, RecordingLogger } from '../../../support/ciphers/tunnels.js'
import { ipv4Packet, numberOf } from '../../../support/netsim/packets.js'

describe.each(kinds)('an initiation of %s', { timeout: 30_000 }, (kind) => {
  it('that is replayed gets no answer', () => {
    const { simulation, network, server } = connectedPair(kind)
    const [initiation] = network.sent
    simulation.advance(1000)
    const before = network.sent.length
    network.send({ ...initiation!, from: 'thief' })
    simulation.advance(100)
    expect(network.sent.length - before).toBe(1)
    expect(server.cipher.drops.stale).toBe(1)
  })

  it('that is replayed after a restart gets one answer, but makes no session and moves nobody', () => {
    const { simulation, network, server, clientId, newServerCipher } = connectedPair(kind)
    const [initiation] = network.sent
    server.cipher = newServerCipher()
    const before = network.sent.length
    for (let times = 0; times < 3; times++) {
      network.send({ ...initiation!, from: 'thief' })
      simulation.advance(100)
    }
    expect(network.sent.slice(before).filter(({ from }) => from === 'server')).toHaveLength(1)
    expect(server.live(clientId)).toBe(false)
    expect(server.where(clientId)).toBe('sim://client')
    server.send(clientId, ipv4Packet(40))
    simulation.advance(10)
    expect(network.sent.filter(({ from, bytes }) => from === 'server' && bytes[0] === 4).length).toBe(
      network.sent.slice(0, before).filter(({ from, bytes }) => from === 'server' && bytes[0] === 4).length,
    )
  })

  it('is newer than the last also when the clock was set back', () => {
    let wall = 1_700_000_000_000
    const { simulation, client, server, serverId } = pair(kind, { wall: () => wall })
    for (let number = 0; number < 5; number++) {
      client.initiate(serverId)
      simulation.advance(1000)
      wall -= 3_600_000
    }
    expect(server.cipher.drops.stale).toBe(0)
    expect(client.live(serverId)).toBe(true)
  })

  it('of an end that started with an older clock gets no answer, and both say what may be wrong', () => {
    const log = new RecordingLogger()
    const made = pair(kind, { log })
    made.client.initiate(made.serverId)
    made.simulation.advance(100)
    const [first] = made.network.sent
    made.simulation.advance(1000)
    made.network.send({ ...first!, from: 'client' })
    made.simulation.advance(100)
    expect(log.lines.join('\n')).toMatch(
      /not newer than the last: replayed, or the clock of the peer went back/,
    )
  })

  it('follows another one after 25 ms at the soonest', () => {
    const { simulation, client, serverId } = pair(kind)
    const { sessions } = client.cipher
    expect(sessions!.initiate(serverId, simulation.now())).toHaveLength(1)
    expect(sessions!.initiate(serverId, simulation.now() + INITIATION_INTERVAL - 1)).toHaveLength(0)
    expect(sessions!.initiate(serverId, simulation.now() + INITIATION_INTERVAL)).toHaveLength(1)
  })

  it('of one peer is answered 20 ms after the one before at the soonest', () => {
    const { network, client, server, serverId } = pair(kind)
    const link = network.link('server', 'client')
    const asked = [0, 100, 200].map((now) =>
      Uint8Array.from(client.cipher.sessions!.initiate(serverId, 1_000_000 + now)[0]!),
    )
    const answers = [0, 19, 20].map((now, number) => {
      return server.cipher.open(link, [asked[number]!], 1_000_000 + now).replies.length
    })
    expect(answers).toEqual([1, 0, 1])
    expect(server.cipher.drops.limited).toBe(1)
  })

  it('is answered by less than it brings, as is whatever else an unknown source may send', () => {
    const made = connectedPair(kind)
    const { network, server, simulation } = made
    const sizes = new Map(network.sent.map(({ bytes }) => [bytes[0]!, bytes.length]))
    expect(sizes.get(2)!).toBeLessThanOrEqual(sizes.get(1)!)
    flood(made)
    const question = garbage(made)
    const { replies } = server.cipher.open(network.link('server', 'flood'), [question], simulation.now())
    expect(replies).toHaveLength(1)
    expect(replies[0]!.length).toBeLessThan(question.length)
  })

  it('gets a cookie under load, and succeeds with it', () => {
    const made = pair(kind)
    const { simulation, network, server, client, serverId } = made
    client.send(serverId, ipv4Packet(40, 9))
    simulation.advance(9.9)
    flood(made)
    simulation.advance(40)
    expect(network.sent.at(-1)!.bytes[0]).toBe(3)
    // The flood goes on: the next try succeeds only by its cookie.
    const before = server.delivered.length
    simulation.advance(client.cipher.nextTick - simulation.now() + 9.9)
    flood(made)
    simulation.advance(100)
    expect(server.delivered.slice(before).map(({ bytes }) => numberOf(bytes))).toEqual([9])
  })

  it('that floods in by thousands costs at most 500 agreements of keys a second', () => {
    const made = pair(kind)
    flood(made)
    const { drops } = made.server.cipher
    expect(drops.authFailed! + drops.unknownPeer! + drops.lowOrder!).toBeLessThanOrEqual(520)
    expect(drops.unauthenticated).toBeGreaterThan(0)
  })

  it('by a stream gets no cookie, but is limited', () => {
    const made = pair(kind)
    const { network, server, simulation } = made
    const link = network.link('server', 'unknown', true)
    let replies = 0
    for (let times = 0; times < 100; times++) {
      replies += server.cipher.open(link, [garbage(made)], simulation.now()).replies.length
    }
    expect(replies).toBe(0)
    expect(server.cipher.drops.limited).toBe(95)
  })
})

it('tells an end of a shared key from its own reflection', () => {
  const { simulation, network, client, serverId } = pair('aes-256-gcm')
  network.weather = ({ to }) => (to === 'client' ? [10] : [])
  client.send(serverId, ipv4Packet(40))
  const [initiation] = network.sent
  network.send({ from: 'mirror', to: 'client', bytes: initiation!.bytes })
  simulation.advance(100)
  expect(client.cipher.drops.reflected).toBe(1)
  expect(network.sent).toHaveLength(2)
})

it('tells of a third end that uses a shared key', () => {
  const log = new RecordingLogger()
  const made = connectedPair('aes-256-gcm', { log })
  const { simulation, network, client, serverId, newClientCipher } = made
  const first = client.cipher
  expect(log.lines.join()).not.toMatch(/third end/)
  for (const cipher of [newClientCipher(), first]) {
    client.cipher = cipher
    simulation.advance(1000)
    client.initiate(serverId)
    simulation.advance(100)
  }
  expect(network.sent.length).toBeGreaterThan(6)
  expect(log.lines.join()).toMatch(/third end/)
})

/** An initiation whose mac1 is right, and nothing else. */
function garbage({ serverProtocol }: Pair): Uint8Array {
  const message = new Uint8Array(serverProtocol.initiationLength)
  message[0] = 1
  message.fill(9, 8, 40)
  writeMacs(message, serverProtocol.macs.mac1, undefined)
  return message
}

/** Sends so many initiations within one moment that cookies are demanded. */
function flood(made: Pair): void {
  const { network, server, simulation } = made
  const link = network.link('server', 'flood')
  for (let times = 0; times < 600; times++) server.cipher.open(link, [garbage(made)], simulation.now())
}
