import { describe, expect, it } from 'vitest'
import { type Packet, packetOf } from '../../../src/core/api/packet.js'
import type { HookSees } from '../../../src/core/api/packet-hook.js'
import { writeChecksums } from '../../../src/core/hooks/edit-packet.js'
import { verify } from '../../../src/core/offload/checksum.js'
import { Headers, parse } from '../../../src/core/offload/ip.js'
import { FakeLink } from '../../support/core/fake-link.js'
import { pumpLab } from '../forwarding/pump-lab.js'
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

const WHOLE = HEADERS + 300
const CUT = [HEADERS + 100, HEADERS + 100, HEADERS + 100]

describe('Super-packets and hooks', () => {
  it('reach a hook that sees them as they are, and their peer as well', () => {
    const { seen, lengths } = carried(['super-packets'], true, [superPacket(3)])
    expect([seen, lengths]).toEqual([[[[WHOLE]]], [WHOLE]])
  })

  it('are segmented for a hook that sees packets, and for those behind it', () => {
    const sees = ['super-packets', 'packets', 'super-packets', 'packets'] as const
    const { seen, lengths } = carried(sees, true, [superPacket(3)])
    expect([seen, lengths]).toEqual([[[[WHOLE]], [CUT], [CUT], [CUT]], CUT])
  })

  it('are super-packets again behind a hook that sees packets, byte for byte, if the peer takes such by a stream', () => {
    const whole = streamed(3)
    const { seen, sent } = carried(['packets', 'packets'], true, [whole])
    expect(seen).toEqual([[CUT], [CUT]])
    expect(sent.map((packet) => Uint8Array.from(packet))).toEqual([Uint8Array.from(streamed(3).bytes)])
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
