import { describe, expect, it } from 'vitest'
import { packet, pattern, type Recipe } from '../../../lab/offload-packets.js'
import { fastestAead } from '../../../src/ciphers/aead/choose-aead.js'
import { silentLogger } from '../../../src/core/api/logger.js'
import type { Packet } from '../../../src/core/api/packet.js'
import type { Train } from '../../../src/core/api/trains.js'
import { type Allocate, createSegmenter } from '../../../src/core/offload/index.js'
import { native } from '../../../src/native/base/native.js'
import { connectedPair, kinds, type Pair, pair } from '../../support/ciphers/tunnels.js'
import { nativeMissing } from '../../support/native-missing.js'
import { allocate, collect } from '../../support/offload/batches.js'

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
          segments.map((each) => packetCopy(each)),
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

  it('count as sent, so that silence is noticed', () => {
    const made = connectedPair(kind)
    made.simulation.advance(30_000)
    const before = made.client.cipher.nextTick
    sealed(made, packet(TCP4))
    expect(made.client.cipher.nextTick).toBeLessThan(before)
  })
})

function packetCopy(of: Packet): Packet {
  const memory = new Uint8Array(64 + of.bytes.length + 64)
  memory.set(of.bytes, 64)
  return { ...of, bytes: memory.subarray(64, 64 + of.bytes.length) }
}

function link({ network }: Pair) {
  return network.link('server', 'client')
}
