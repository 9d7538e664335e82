import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { packet, pattern } from '../../../lab/offload-packets.js'
import { generatePrivateKey, parseBase64Key, publicKeyOf } from '../../../src/ciphers/keys/keys.js'
import { WireGuardProtocol } from '../../../src/ciphers/noise/handshake/wireguard-protocol.js'
import {
  DATA_HEADER,
  MESSAGE_TYPES,
  RECEIVER_AT,
  RESPONSE_RECEIVER_AT,
  readIndex,
  SENDER_AT,
} from '../../../src/ciphers/noise/wire/messages.js'
import type { Cipher, OpenResult } from '../../../src/core/api/cipher.js'
import { packetOf } from '../../../src/core/api/packet.js'
import { createSegmenter } from '../../../src/core/offload/index.js'
import { connectedPair, kinds, noiseCipher, type Pair } from '../../support/ciphers/tunnels.js'
import { End } from '../../support/netsim/end.js'
import { ipv4Packet } from '../../support/netsim/packets.js'
import { allocate } from '../../support/offload/batches.js'

/** Bytes of a goodbye, a probe and its reply: a header, a message without items, and a tag. */
const GOODBYE = DATA_HEADER + 9 + 16
/** Bytes of a datagram with nothing inside. */
const KEEPALIVE = DATA_HEADER + 16
/** The runs of the property, and the steps of one. */
const RUNS = 40
const MOST_STEPS = 25

describe.each(kinds)('a goodbye of %s', (kind) => {
  it('tells the peer that its sender is gone, by one datagram that looks as a probe does', () => {
    const { client, clientId, network, server, serverId, simulation } = connectedPair(kind)
    const before = network.sent.length
    expect(client.sayGoodbye(serverId)).toBe(true)
    simulation.advance(50)
    expect([...server.gone]).toEqual([clientId])
    const sent = network.sent.slice(before)
    expect(sent.map(({ bytes, from }) => [from, bytes.length])).toEqual([['client', GOODBYE]])
  })

  it('is the last that its sender seals for the peer', () => {
    const { client, network, serverId, simulation } = connectedPair(kind, { keepalive: 5 })
    client.sayGoodbye(serverId)
    const before = network.sent.length
    client.send(serverId, ipv4Packet(40))
    client.initiate(serverId)
    expect(client.sayGoodbye(serverId)).toBe(false)
    simulation.advance(60_000)
    expect(network.sent.slice(before).filter(({ from }) => from === 'client')).toEqual([])
  })

  it('is for a peer alone that is known to understand it', () => {
    const { client, network, newClientCipher, serverId, simulation } = connectedPair(kind)
    // Nothing but keepalives comes back, as from a peer of WireGuard, on which questions are lost.
    network.weather = ({ bytes, from }) =>
      from === 'server' && bytes[0] === MESSAGE_TYPES.data && bytes.length > KEEPALIVE ? [] : [10]
    client.cipher = newClientCipher()
    client.initiate(serverId)
    simulation.advance(8_000)
    expect(client.live(serverId)).toBe(true)
    const before = network.sent.length
    expect(client.sayGoodbye(serverId)).toBe(false)
    expect(network.sent.slice(before)).toEqual([])
  })

  it('of who began the session leaves its receiver nothing to seal but probes, which tell whether nobody is there', () => {
    const { client, clientId, server, serverId, simulation } = connectedPair(kind)
    client.sayGoodbye(serverId)
    simulation.advance(50)
    const now = simulation.now()
    const input = packet({ version: 4, protocol: 'tcp', payload: pattern(9_999), segmentSize: 1000 })
    const source = createSegmenter(allocate).inPlace(input, input.checksum)!
    const cipher = server.cipher as ReturnType<Pair['newServerCipher']>
    expect(cipher.sealSegments(clientId, source, 65_507, now)).toBe(undefined)
    expect(cipher.seal(clientId, [packetOf(ipv4Packet(40))], 65_507, now)).toEqual([])
    expect(server.probe(clientId, 5)).toBe(true)
  })

  it('moves nobody, and ends neither session nor keys', () => {
    const { client, clientId, network, server, serverId, simulation } = connectedPair(kind)
    const goodbye = client.cipher.sessions!.goodbye!(serverId, simulation.now())!
    network.send({ from: 'elsewhere', to: 'server', bytes: Uint8Array.from(goodbye) })
    simulation.advance(50)
    expect([...server.gone]).toEqual([clientId])
    expect(server.where(clientId)).toBe('sim://client')
    expect(server.live(clientId)).toBe(true)
  })

  it('means nothing if it is replayed, forged, or of the session before', () => {
    const { client, clientId, network, newClientCipher, server, serverId, simulation } = connectedPair(kind)
    network.weather = () => []
    client.sayGoodbye(serverId)
    const old = network.sent.at(-1)!
    network.weather = () => [10]
    client.cipher = newClientCipher()
    client.initiate(serverId)
    simulation.advance(200)
    const forged = Uint8Array.from(old.bytes)
    forged.set(network.sent.findLast(({ from }) => from === 'client')!.bytes.subarray(0, DATA_HEADER))
    forged[8]! += 1
    for (const bytes of [old.bytes, old.bytes, forged]) {
      network.send({ ...old, bytes })
      simulation.advance(50)
      client.send(serverId, ipv4Packet(40))
      simulation.advance(50)
      expect([...server.gone]).toEqual([])
    }
    client.sayGoodbye(serverId)
    const replayed = network.sent.at(-1)!
    simulation.advance(50)
    expect([...server.gone]).toEqual([clientId])
    client.cipher = newClientCipher()
    client.initiate(serverId)
    simulation.advance(200)
    expect([...server.gone]).toEqual([])
    network.send(replayed)
    simulation.advance(50)
    client.send(serverId, ipv4Packet(40))
    simulation.advance(50)
    expect([...server.gone]).toEqual([])
  })

  it('counts by the session before as long as its sender has not heard of the newest one', () => {
    const { client, server, serverId, clientId, simulation } = connectedPair(kind)
    server.cipher.peerManager!.remove = () => {} // an end that goes on in spite of its goodbye
    client.initiate(serverId)
    simulation.advance(15)
    server.sayGoodbye(clientId) // the answer to the handshake is on its way
    simulation.advance(10)
    expect([...client.gone]).toEqual([serverId])
    simulation.advance(500)
    server.send(clientId, ipv4Packet(40))
    simulation.advance(50)
    expect([...client.gone]).toEqual([])
  })

  it.each(['client', 'server'] as const)('counts when %s says it and both just began a session', (who) => {
    const lab = connectedPair(kind)
    const { client, server, serverId, clientId, simulation } = lab
    const [speaker, listener] = who === 'client' ? [client, server] : [server, client]
    const [speakerId, listenerId] = who === 'client' ? [clientId, serverId] : [serverId, clientId]
    simulation.advance(6_000) // no two handshakes within 5 s
    client.initiate(serverId)
    server.initiate(clientId)
    simulation.advance(25)
    speaker.sayGoodbye(listenerId)
    simulation.advance(15)
    expect([...listener.gone]).toEqual([speakerId])
    simulation.advance(500)
    expect([...listener.gone]).toEqual([speakerId])
  })

  it('means nothing if it is of the session before and its sender used the newest one', () => {
    const { client, clientId, network, server, serverId, simulation } = connectedPair(kind)
    server.cipher.peerManager!.remove = () => {}
    network.weather = ({ bytes, from }) => (from === 'server' && bytes.length === GOODBYE ? [300] : [10])
    server.sayGoodbye(clientId)
    client.initiate(serverId)
    simulation.advance(200)
    server.send(clientId, ipv4Packet(40))
    simulation.advance(200)
    expect([...client.gone]).toEqual([])
  })

  it('stands exactly as long as nothing newer came, whatever comes in whatever order', () => {
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.record({ do: fc.constant('send' as const), delay: fc.nat(300) }) },
      { weight: 3, arbitrary: fc.record({ do: fc.constant('goodbye' as const), delay: fc.nat(300) }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant('probe' as const), delay: fc.nat(300) }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant('rekey' as const), byServer: fc.boolean() }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('move' as const) }) },
      { weight: 3, arbitrary: fc.record({ do: fc.constant('replay' as const), which: fc.nat(1_000) }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), time: fc.nat(400) }) },
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: MOST_STEPS }), (steps) => {
        const pair = connectedPair(kind)
        const { client, network, server, serverId, simulation } = pair
        client.cipher.peerManager!.remove = () => {} // an end that goes on in spite of its goodbye
        let delay = 10
        let places = 0
        const expected = watchServer(pair, () => delay)
        for (const one of steps) {
          delay = 10
          if ('delay' in one) ({ delay } = one)
          if (one.do === 'send') client.send(serverId, ipv4Packet(40))
          else if (one.do === 'goodbye') expected.saying(() => client.sayGoodbye(serverId))
          else if (one.do === 'probe') client.probe(serverId, places)
          else if (one.do === 'move') client.move(`place${++places}`)
          else if (one.do === 'wait') simulation.advance(one.time)
          else if (one.do === 'replay') {
            const flights = network.sent.filter(({ to }) => to === 'server')
            network.send(flights[one.which % flights.length]!)
          } else {
            simulation.advance(1_200) // no two handshakes at once: which of them counts is another test's matter
            if (one.byServer) server.initiate(pair.clientId)
            else client.initiate(serverId)
            delay = 10
            simulation.advance(1_200)
          }
          delay = 10
        }
        simulation.advance(500)
        expect(expected.wrong).toEqual([])
      }),
      { numRuns: RUNS },
    )
  })
})

it('means nothing for another peer', () => {
  const lab = connectedPair('wireguard')
  const [serverKey, ...clientKeys] = [generatePrivateKey(), generatePrivateKey(), generatePrivateKey()]
  const protocol = (key: string) => new WireGuardProtocol(parseBase64Key(key, 'private key'))
  const { network, simulation } = lab
  const ids = clientKeys.map(publicKeyOf)
  const common = { wall: () => simulation.wall() }
  const hub = new End(
    simulation,
    network,
    'hub',
    noiseCipher(
      protocol(serverKey!),
      ids.map((id) => ({ id })),
      common,
    ),
  )
  const hubId = publicKeyOf(serverKey!)
  const [one, other] = clientKeys.map((key, index) => {
    const end = new End(
      simulation,
      network,
      `client${index}`,
      noiseCipher(protocol(key), [{ id: hubId }], common),
    )
    end.use(hubId, 'hub')
    end.initiate(hubId)
    return end
  })
  simulation.advance(200)
  one!.sayGoodbye(hubId)
  const goodbye = network.sent.at(-1)!
  simulation.advance(50)
  network.send({ ...goodbye, from: 'client1' })
  simulation.advance(50)
  other!.send(hubId, ipv4Packet(40))
  simulation.advance(50)
  expect([...hub.gone]).toEqual([ids[0]])
})

/** Knows of each datagram of the client whether it is a goodbye, and compares what the server makes of all that came. */
function watchServer({ network, server }: Pair, delay: () => number) {
  const known = new Map<string, { readonly number: number; readonly goodbye: boolean }>()
  const wrong: unknown[] = []
  /** Sessions that the server answered for, and that were not used yet. */
  const answered = new Set<number>()
  let isGoodbye = false
  let current: number | undefined
  let newest = { number: -1, goodbye: false }
  network.weather = ({ bytes, from }) => {
    const key = Buffer.from(bytes).toString('hex')
    if (from === 'server') {
      if (bytes[0] === MESSAGE_TYPES.response) answered.add(readIndex(bytes, SENDER_AT))
      return [10]
    }
    if (!known.has(key)) known.set(key, { number: known.size, goodbye: isGoodbye })
    return [bytes[0] === MESSAGE_TYPES.data ? delay() : 10]
  }
  const inner = server.cipher
  const open = inner.open.bind(inner)
  const watched: Cipher['open'] = (link, datagrams, now): OpenResult => {
    const bytes = Uint8Array.from(datagrams[0]!)
    const result = open(link, datagrams, now)
    const [group] = result.opened
    if (group === undefined) return result
    if (bytes[0] === MESSAGE_TYPES.response) {
      current = readIndex(bytes, RESPONSE_RECEIVER_AT)
      newest = { number: -1, goodbye: false }
    } else {
      const session = readIndex(bytes, RECEIVER_AT)
      const datagram = known.get(Buffer.from(bytes).toString('hex'))!
      current ??= session
      if (answered.delete(session)) {
        current = session
        newest = datagram
      } else if (session === current && datagram.number > newest.number) newest = datagram
    }
    if (group.saidGoodbye !== newest.goodbye) wrong.push({ newest, said: group.saidGoodbye })
    return result
  }
  inner.open = watched
  return {
    wrong,
    saying(work: () => void) {
      isGoodbye = true
      work()
      isGoodbye = false
    },
  }
}
