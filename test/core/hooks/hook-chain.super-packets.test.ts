import { describe, expect, it } from 'vitest'
import { type Packet, packetOf } from '../../../src/core/api/packet.js'
import type { HookSees, PacketHook } from '../../../src/core/api/packet-hook.js'
import { writeChecksums } from '../../../src/core/hooks/edit-packet.js'
import { verify } from '../../../src/core/offload/checksum.js'
import { Headers, parse } from '../../../src/core/offload/ip.js'
import { FakeLink } from '../../support/core/fake-link.js'
import { collect, copyOf, textOf } from '../../support/offload/batches.js'
import { makeSegmenter, pumpLab } from '../forwarding/pump-lab.js'
import { bothWays } from './hooks.js'

/** Bytes of the headers of IPv4 and TCP. */
const HEADERS = 40
/** TCP's flag of a packet amid an open connection. */
const ACK = 0x10

/** A TCP super-packet for peer `a`, of segments of 100 bytes. */
function superPacket(segments: number): Packet {
  const packet = new Uint8Array(HEADERS + 100 * segments)
  packet.set([0x45, 0, packet.length >> 8, packet.length & 0xff, 0, 0, 0x40, 0, 64, 6])
  packet.set([10, 0, 0, 1, 10, 0, 0, 10], 12)
  packet[32] = 5 << 4
  return { ...packetOf(packet), segmentSize: 100, checksum: 'partial' }
}

/** The same amid an open connection, with right checksums. */
function streamed(segments: number): Packet {
  const packet = superPacket(segments)
  packet.bytes[33] = ACK
  writeChecksums(packet)
  return packet
}

/** What hooks see of super-packets that leave, and what a link carries of them that takes such, or does not. */
function carried(
  sees: readonly HookSees[],
  takesSuperPackets: boolean,
  superPackets: readonly Packet[],
  stream = true,
) {
  const seen = sees.map((): number[][] => [])
  const hooks = sees.map((what, index) =>
    bothWays(
      `hook ${index}`,
      (packets) => {
        seen[index]!.push(packets.map(({ bytes }) => bytes.length))
        return undefined
      },
      what,
    ),
  )
  const { cipher, peers, tun, chain } = pumpLab(hooks)
  Object.assign(cipher, { sessions: { takesSuperPackets: () => takesSuperPackets } })
  const link = new FakeLink('fake://far', stream)
  peers.a.link = link
  tun.handlers!.receive(superPackets)
  const sent = link.sent.map((datagram) => datagram.subarray(cipher.overhead))
  return { seen, sent, lengths: sent.map(({ length }) => length), chain: chain! }
}

/** What hooks may do; each is made anew for a tunnel. */
const WORK: Readonly<Record<string, () => NonNullable<PacketHook['outgoing']>>> = {
  'looks only': () => () => undefined,
  'returns all': () => (packets) => ({ packets }),
  'edits payloads': () => (packets) => {
    for (const { bytes } of packets) bytes[bytes.length - 1]! ^= 0x55
    return undefined
  },
  'edits one header': () => (packets) => {
    packets[1]!.bytes[8]! = 7 // how far it may go
    writeChecksums(packets[1]!)
    return undefined
  },
  'drops some': () => (packets) => ({ packets: packets.filter((_, index) => index % 3 !== 1) }),
  'turns them round': () => (packets) => ({ packets: packets.toReversed() }),
  'puts one of its own among them': () => (packets) => ({
    packets: [packets[0]!, whole(packets[1]!), ...packets.slice(2)],
  }),
}

/** What hooks that may edit do, and what those do that say that they edit nothing. */
const ALL_WORK = Object.keys(WORK).flatMap((what): (readonly [string, boolean])[] =>
  what.startsWith('edits')
    ? [[what, true]]
    : [
        [what, true],
        [what, false],
      ],
)

/** A copy with a full checksum. */
function whole({ bytes }: Packet): Packet {
  const packet = packetOf(bytes)
  writeChecksums(packet)
  return packet
}

/** The packets with full checksums that some stand for, as text. */
function packetsOf(sealed: readonly Packet[]): string[] {
  return collect(makeSegmenter().segment(sealed, 'full')).map(textOf)
}

const WHOLE = HEADERS + 300
const CUT = [HEADERS + 100, HEADERS + 100, HEADERS + 100]

describe('Super-packets and hooks', () => {
  it('reach a hook that sees them as they are, and their peer as well', () => {
    const { seen, lengths } = carried(['super-packets'], true, [superPacket(3)])
    expect([seen, lengths]).toEqual([[[[WHOLE]]], [WHOLE]])
  })

  it('are segmented for a hook that sees packets, and for those behind it', () => {
    const sees = ['super-packets', 'packets', 'super-packets', 'packets'] as const
    const { seen, lengths } = carried(sees, false, [superPacket(3)])
    expect([seen, lengths]).toEqual([[[[WHOLE]], [CUT], [CUT], [CUT]], CUT])
  })

  it('are super-packets again behind a hook that sees packets, byte for byte, if the peer takes such by a stream', () => {
    const whole = streamed(3)
    const { seen, sent } = carried(['packets', 'packets'], true, [whole])
    expect(seen).toEqual([[CUT], [CUT]])
    expect(sent.map((packet) => Uint8Array.from(packet))).toEqual([Uint8Array.from(streamed(3).bytes)])
  })

  it.each(ALL_WORK)(
    'arrive as packets by themselves would behind a hook that %s, edits: %s',
    (what, edits) => {
      const work = WORK[what]!
      const batch = () => [streamed(3), packetOf(superPacket(1).bytes), streamed(4)]
      const through = (takesThem: boolean) => {
        const { tun, cipher, peers } = pumpLab([bothWays('test', work(), 'packets', edits)])
        Object.assign(cipher, { sessions: { takesSuperPackets: () => takesThem } })
        peers.a.link = new FakeLink('fake://far', true)
        const sealed: Packet[] = []
        cipher.seal = (_peer, packets) => {
          sealed.push(...packets.map(copyOf))
          return []
        }
        tun.handlers!.receive(batch())
        return sealed
      }
      expect(packetsOf(through(true))).toEqual(through(false).map(textOf))
    },
  )

  it('come back whole from a peer to the host, byte for byte, behind a hook that sees packets', () => {
    const { chain, peers } = pumpLab([bothWays('test', () => undefined)])
    const batch = [streamed(3), streamed(4)]
    const written: Packet[][] = []
    chain!.pass('incoming', [...batch], peers.a, 0, (packets) => written.push(packets), true)
    expect(written).toEqual([batch])
    expect(batch.map(({ bytes }) => [...bytes])).toEqual(
      [streamed(3), streamed(4)].map(({ bytes }) => [...bytes]),
    )
  })

  it('are looked at by the chain if one of its hooks may edit, wherever it stands', () => {
    for (const place of [0, 1, 2]) {
      const hooks = [0, 1, 2].map((index) =>
        index === place
          ? bothWays('edits', WORK['edits payloads']!())
          : bothWays(`looks ${index}`, () => undefined, 'packets', false),
      )
      const { chain, peers } = pumpLab(hooks)
      const whole = streamed(3)
      chain!.pass('outgoing', [whole], peers.a, 0, (packets) => expect(packets).toEqual([whole]), true)
      expect(whole.bytes.at(-1)).toBe(0x55)
    }
  })

  it('stay cut if the peer is reached by datagrams', () => {
    const { lengths } = carried(['packets'], true, [streamed(3)], false)
    expect(lengths).toEqual(CUT)
  })

  it('have right checksums behind a hook that sees packets, at a peer that takes no partial ones', () => {
    const { sent } = carried(['packets'], false, [superPacket(3)])
    const headers = new Headers()
    expect(sent.map((packet) => parse(packet, headers) && verify(packet, headers))).toEqual([
      true,
      true,
      true,
    ])
  })

  it('all get through, though they are too many to be segmented at once', () => {
    const many = new Array(8).fill(undefined).map(() => superPacket(120))
    const { seen, lengths } = carried(['packets', 'packets'], false, many)
    expect(lengths).toEqual(new Array(8 * 120).fill(HEADERS + 100))
    expect(seen[0]!.length).toBeGreaterThan(1)
    expect(seen[1]).toEqual(seen[0])
  })

  it('all get through though the first of them fill the link, which took packets when their batch began', () => {
    const { tun, peers, pump, marks, cipher } = pumpLab([bothWays('test', () => undefined)])
    Object.assign(cipher, { sessions: { takesSuperPackets: () => false } })
    const link = new FakeLink('fake://stream', true)
    link.onSend = () => {
      link.writable = false
    }
    peers.a.link = link
    tun.handlers!.receive(new Array(8).fill(undefined).map(() => superPacket(120)))
    expect([marks(link).length, pump.drops.congested]).toEqual([8 * 120, 0])
    tun.handlers!.receive([superPacket(3)])
    expect([marks(link).length, pump.drops.congested]).toEqual([8 * 120, 1])
  })

  it('are dropped and counted if they cannot be segmented', () => {
    const bad = superPacket(3)
    bad.bytes[32] = 0 // TCP's header has no length
    const { seen, chain } = carried(['packets'], true, [bad])
    expect([seen, chain.drops.hooks!.drops]).toEqual([[[]], { malformed: 1 }])
  })
})
