import { describe, expect, it } from 'vitest'
import { packet, pattern, type Recipe } from '../../../lab/offload-packets.js'
import { fastestAead } from '../../../src/ciphers/aead/choose-aead.js'
import { silentLogger } from '../../../src/core/api/logger.js'
import type { Packet } from '../../../src/core/api/packet.js'
import type { Joiner, Train } from '../../../src/core/api/trains.js'
import { type Allocate, createJoiner, createSegmenter } from '../../../src/core/offload/index.js'
import { native } from '../../../src/native/base/native.js'
import { connectedPair, kinds, type Pair, pair } from '../../support/ciphers/tunnels.js'
import { nativeMissing } from '../../support/native-missing.js'
import { allocate, collect, textOf } from '../../support/offload/batches.js'

const TCP4: Recipe = { version: 4, protocol: 'tcp', payload: pattern(9_999), segmentSize: 1000 }
const MAX = 65_507
const ways = [
  { way: 'portable memory', aeadFactory: undefined, take: allocate, skip: false },
  {
    way: 'the arena',
    aeadFactory: nativeMissing ? undefined : fastestAead(silentLogger),
    take: (bytes: number) => native().arena.reserve(bytes).bytes,
    skip: nativeMissing,
  },
]

function datagramsOf({ bytes, size }: Train): Uint8Array[] {
  const count = Math.ceil(bytes.length / size)
  return Array.from({ length: count }, (_, index) => bytes.slice(index * size, (index + 1) * size))
}

/** What the client seals of a super-packet, as a train. */
function sealed(
  { client, serverId, simulation }: Pair,
  input: Packet,
  take: Allocate = allocate,
  most = MAX,
) {
  const source = createSegmenter(take).inPlace(input, input.checksum)!
  const cipher = client.cipher as ReturnType<Pair['newClientCipher']>
  return { source, train: cipher.sealSegments(serverId, source, most, simulation.now()) }
}

describe.each(kinds)('trains of %s', (kind) => {
  describe.each(ways.filter(({ skip }) => !skip))('in $way', ({ aeadFactory, take }) => {
    it.each([
      ['TCP', TCP4],
      ['UDP', { ...TCP4, protocol: 'udp' as const, segmentSize: 1208 }],
      ['IPv6', { ...TCP4, version: 6 as const, segmentSize: 1361, payload: pattern(60_000) }],
      ['tiny segments', { ...TCP4, segmentSize: 3, payload: pattern(301) }],
      ['full checksums', { ...TCP4, segmentSize: 1003, checksum: 'full' as const }],
    ])('carry what single datagrams would, padded as they are: %s', (_name, recipe) => {
      const made = connectedPair(kind, aeadFactory === undefined ? {} : { aeadFactory })
      const input: Recipe = { checksum: 'partial', ...recipe }
      const segments = collect(createSegmenter(allocate).segment([packet(input)], input.checksum!))
      const { client, server, serverId, simulation } = made
      const lengths = client.cipher
        .seal(
          serverId,
          segments.map((each) => copyWithRoom(each)),
          MAX,
          simulation.now(),
        )
        .map(({ length }) => length)
      const sentBefore = client.cipher.sessions!.carried!(serverId).sent
      const { train } = sealed(made, packet(input), take)
      const datagrams = datagramsOf(train!)
      expect(datagrams.map(({ length }) => length)).toEqual(lengths)
      expect(client.cipher.sessions!.carried!(serverId).sent - sentBefore).toBe(train!.bytes.length)
      const { opened } = server.cipher.open(link(made), datagrams, simulation.now())
      expect(
        opened[0]!.packets.map(({ bytes, checksum }) => [checksum, Buffer.from(bytes).toString('hex')]),
      ).toEqual(segments.map(({ bytes, checksum }) => [checksum, Buffer.from(bytes).toString('hex')]))
    })
  })

  it('are none, and no segment is made, if not all can be sealed', () => {
    const input = () => packet({ ...TCP4, checksum: 'partial' })
    const refused = (made: Pair, most = MAX) => {
      const { source, train } = sealed(made, input(), allocate, most)
      expect(train).toBeUndefined()
      expect(source.memory[source.next()]).toBe(0x45)
    }
    refused(pair(kind)) // no session
    refused(connectedPair(kind, { takesSuperPackets: false })) // the far end completes no checksums
    refused(connectedPair(kind), 1071) // one byte less than the datagram of a segment
    expect(sealed(connectedPair(kind), input(), allocate, 1072).train!.size).toBeLessThanOrEqual(1072)
    const old = connectedPair(kind)
    old.simulation.advance(121_000) // the session is to be renewed, as it would be by `seal`
    refused(old)
    const unknown = connectedPair(kind)
    refused({ ...unknown, serverId: 'nobody' })
  })

  it('are none, and no segment is made, if their key is used up before the last of them', () => {
    const made = connectedPair(kind, {
      protocolOf: (protocol) =>
        Object.defineProperty(protocol, 'limits', { value: { rekeyAfter: 2 ** 20, rejectAfter: 15 } }),
    })
    const { source, train } = sealed(made, packet({ ...TCP4, checksum: 'partial', segmentSize: 600 }))
    expect(train).toBeUndefined()
    expect(source.memory[source.next()]).toBe(0x45)
    expect(sealed(made, packet({ ...TCP4, checksum: 'partial', segmentSize: 3_000 })).train).toBeDefined()
  })

  it('are none, and no segment is made, for a peer that said goodbye', () => {
    const { client, clientId, server, serverId, simulation } = connectedPair(kind)
    client.sayGoodbye(serverId)
    simulation.advance(50)
    const source = createSegmenter(allocate).inPlace(packet({ ...TCP4, checksum: 'partial' }), 'partial')!
    const cipher = server.cipher as ReturnType<Pair['newClientCipher']>
    expect(cipher.sealSegments(clientId, source, MAX, simulation.now())).toBeUndefined()
    expect(source.memory[source.next()]).toBe(0x45)
  })

  it('count as sent, so that silence is noticed', () => {
    const made = connectedPair(kind)
    made.simulation.advance(30_000)
    const before = made.client.cipher.nextTick
    sealed(made, packet(TCP4))
    expect(made.client.cipher.nextTick).toBeLessThan(before)
  })
})

/** What a batch of datagrams does to the server: as a list of them, or as trains in the joiner's memory or elsewhere. */
type Way = 'list' | 'joiner' | 'elsewhere'

const isWithin = (length: number, most: number) => length > 0 && length <= most

/** Opens what the client made, of one size in a row as trains, and tells all that comes of it. */
function openedBy(way: Way, made: Pair, datagrams: readonly Uint8Array[]) {
  const { server, clientId, simulation } = made
  const cipher = server.cipher as ReturnType<Pair['newServerCipher']>
  const memory = new Uint8Array(2_500_000)
  const joiner: Joiner = createJoiner((bytes) => memory.subarray(64, 64 + bytes), { udp: true })
  const trains: Train[] = []
  let at = 0
  let end = way === 'joiner' ? 1_200_000 : 0
  const place = way === 'joiner' ? memory : new Uint8Array(1_200_000)
  while (at < datagrams.length) {
    const { length: size } = datagrams[at]!
    const from = end
    do {
      place.set(datagrams[at]!, end)
      end += datagrams[at]!.length
    } while (datagrams[at++]!.length === size && isWithin(datagrams[at]?.length ?? 0, size))
    trains.push({ bytes: place.subarray(from, end), size: Math.max(size, 1) })
  }
  const link_ = link(made)
  const { opened, replies } =
    way === 'list'
      ? cipher.open(
          link_,
          datagrams.map((each) => Uint8Array.from(each)),
          simulation.now(),
        )
      : cipher.openTrains(link_, trains, joiner, simulation.now())
  const inbox = opened.map(({ packets, roams, probeReplies, saidGoodbye }) => ({
    ...{ roams, probeReplies: [...probeReplies], saidGoodbye },
    packets: collect(createSegmenter(allocate).segment(packets.map(copyWithRoom), 'full')),
  }))
  const packets = inbox.flatMap((each) => each.packets)
  return {
    result: {
      inbox: inbox.map(({ packets: _, ...rest }) => rest),
      packets: packets.map(textOf),
      replies: replies.map(({ length }) => length),
      drops: { ...cipher.drops },
      carried: { ...cipher.sessions.carried!(clientId) },
    },
    count: opened.reduce((sum, each) => sum + each.packets.length, 0),
  }
}

describe.each(kinds)('trains that %s opens', (kind) => {
  const flow = (count: number, change: Partial<Recipe> = {}) =>
    Array.from({ length: count }, (_, index) =>
      packet({
        ...TCP4,
        fragment: 0x4000,
        segmentSize: 0,
        id: index,
        payload: pattern(1000),
        sequence: 1000 * index,
        ...change,
      }),
    )

  /** Datagrams of a client: two flows, what is none, and what is wrong. */
  function mixed({ client, serverId, simulation }: Pair): Uint8Array[] {
    const now = simulation.now()
    const seal = (packets: readonly Packet[], most = MAX) =>
      client.cipher.seal(serverId, packets, most, now).map((each) => Uint8Array.from(each))
    const first = seal(flow(4))
    const forged = Uint8Array.from(first[0]!)
    forged[100]! ^= 1
    const unknown = Uint8Array.from(first[0]!)
    unknown[4]! ^= 1
    const probe = client.cipher.sessions!.probe(serverId, 77, now)!
    const [broken] = flow(1)
    broken!.bytes[2] = 0xff
    return [
      ...first.slice(0, 2),
      forged,
      first[1]!, // replayed
      ...first.slice(2),
      ...seal(flow(3, { sourcePort: 5, sequence: 0 })),
      unknown,
      Uint8Array.from(probe),
      ...seal([packet({ ...TCP4, protocol: 'udp', segmentSize: 0, payload: pattern(2000) })], 1200),
      ...seal([packet({ ...TCP4, segmentSize: 1000 })]),
      ...seal(flow(2, { version: 6 })),
      ...seal([broken!]),
      Uint8Array.of(9, 9, 9),
      new Uint8Array(0),
      ...seal(flow(2, { checksum: 'full' })),
    ]
  }

  it('come to what their datagrams would, whatever is among them', () => {
    const results = (['list', 'joiner', 'elsewhere'] as const).map((way) => {
      const made = connectedPair(kind)
      return openedBy(way, made, mixed(made)).result
    })
    expect(results[0]!.packets.length).toBeGreaterThan(20)
    expect(results[1]).toEqual(results[0])
    expect(results[2]).toEqual(results[0])
  })

  it('become super-packets, of which the last begins anew if the joiner is full', () => {
    const made = connectedPair(kind)
    const { client, serverId, simulation } = made
    const sealed_ = client.cipher.seal(serverId, flow(40), MAX, simulation.now())
    const { count, result } = openedBy(
      'joiner',
      made,
      sealed_.map((each) => Uint8Array.from(each)),
    )
    expect([count, result.packets.length]).toEqual([1, 40])
  })

  it('move the peer and confirm its session as datagrams do', () => {
    for (const way of ['list', 'joiner'] as const) {
      const made = pair(kind)
      const { client, server, serverId, clientId, simulation, network } = made
      network.weather = ({ bytes }) => (bytes[0] === 4 ? [] : [10]) // no data: the server's session stays unconfirmed
      client.initiate(serverId)
      simulation.advance(50)
      expect(server.live(clientId)).toBe(false)
      const data = client.cipher.seal(serverId, flow(2, { checksum: 'full' }), MAX, simulation.now())
      const { result } = openedBy(
        way,
        made,
        data.map((each) => Uint8Array.from(each)),
      )
      expect([server.live(clientId), result.inbox[0]!.roams, result.packets.length]).toEqual([true, true, 2])
    }
  })

  it('leave a large datagram alone where it lies: it may be a super-packet', () => {
    for (const [length, isInPlace] of [
      [2_017, true],
      [2_016, false],
    ] as const) {
      const made = connectedPair(kind)
      const { client, server, serverId, simulation } = made
      const input = packet({ ...TCP4, segmentSize: 0, payload: pattern(length - 40) })
      client.cipher.resize!(length)
      const [datagram] = client.cipher.seal(serverId, [input], MAX, simulation.now())
      const memory = new Uint8Array(2_500_000)
      const bytes = memory.subarray(2_000_000, 2_000_000 + datagram!.length)
      bytes.set(datagram!)
      const joiner = createJoiner((size) => memory.subarray(0, size), { udp: true })
      const cipher = server.cipher as ReturnType<Pair['newServerCipher']>
      const trains = [{ bytes, size: bytes.length }]
      const { opened } = cipher.openTrains(link(made), trains, joiner, simulation.now())
      expect(opened[0]!.packets[0]!.bytes.byteOffset > 2_000_000).toBe(isInPlace)
    }
  })

  it('move nobody if they are of the session before', () => {
    for (const way of ['list', 'joiner'] as const) {
      const made = connectedPair(kind)
      const { client, serverId, simulation } = made
      const data = client.cipher
        .seal(serverId, flow(2), MAX, simulation.now())
        .map((each) => Uint8Array.from(each))
      simulation.advance(6_000)
      client.initiate(serverId)
      simulation.advance(200)
      const { result } = openedBy(way, made, data)
      expect([result.inbox[0]!.roams, result.packets.length], way).toEqual([false, 2])
    }
  })
})

function copyWithRoom(of: Packet): Packet {
  const memory = new Uint8Array(64 + of.bytes.length + 64)
  memory.set(of.bytes, 64)
  return { ...of, bytes: memory.subarray(64, 64 + of.bytes.length) }
}

function link({ network }: Pair) {
  return network.link('server', 'client')
}
