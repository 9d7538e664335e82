import { describe, expect, it } from 'vitest'
import { packetOf } from '../../../src/core/api/packet.js'
import { FakeLink } from '../../support/core/fake-link.js'
import { pumpLab } from './pump-lab.js'

/** Bytes of the headers of IPv4 and TCP. */
const HEADERS = 40

/** A TCP super-packet for peer `a`: three segments of 100 bytes. */
function superPacket() {
  const packet = new Uint8Array(HEADERS + 300)
  packet.set([0x45, 0, packet.length >> 8, packet.length & 0xff, 0, 0, 0x40, 0, 64, 6])
  packet.set([10, 0, 0, 1, 10, 0, 0, 10], 12)
  packet[32] = 5 << 4
  return { ...packetOf(packet), segmentSize: 100, checksum: 'partial' as const }
}

/** Bytes of the packets that a super-packet becomes on a link, to a peer that takes them or does not. */
function sentBy(link: FakeLink, takesSuperPackets: boolean): number[] {
  const { cipher, peers, tun } = pumpLab()
  Object.assign(cipher, { sessions: { takesSuperPackets: () => takesSuperPackets } })
  peers.a.link = link
  tun.handlers!.receive([superPacket()])
  return link.sent.map(({ length }) => length - cipher.overhead)
}

describe('Pump with super-packets', () => {
  it('sends them whole by a stream to a peer that takes them, and cut by it to any other', () => {
    expect(sentBy(new FakeLink('fake://stream', true), true)).toEqual([HEADERS + 300])
    expect(sentBy(new FakeLink('fake://stream', true), false)).toEqual(new Array(3).fill(HEADERS + 100))
  })

  it('cuts those that no datagram of a stream holds', () => {
    const link = new FakeLink('fake://stream', true)
    link.maxDatagram = HEADERS + 300 + 63
    expect(sentBy(link, true)).toEqual(new Array(3).fill(HEADERS + 100))
    const roomy = new FakeLink('fake://stream', true)
    roomy.maxDatagram = HEADERS + 300 + 64
    expect(sentBy(roomy, true)).toEqual([HEADERS + 300])
  })

  it('cuts them at once to a peer that says by the link that no larger datagrams reach it there', () => {
    const { cipher, peers, pump, tun } = pumpLab()
    Object.assign(cipher, { sessions: { takesSuperPackets: () => true } })
    const link = Object.assign(new FakeLink('fake://stream', true), {
      limit: (bytes: number) => {
        link.maxDatagram = bytes
      },
    })
    peers.a.link = link
    const said = { peer: 'a', packets: [], roams: false, probeReplies: [] }
    cipher.open = () => ({ opened: [{ ...said, maxDatagram: HEADERS + 200 }], replies: [] })
    tun.handlers!.receive([superPacket()])
    pump.receive(link, [new Uint8Array(1)])
    pump.receive(new FakeLink('fake://unbounded'), [new Uint8Array(1)])
    tun.handlers!.receive([superPacket()])
    const lengths = link.sent.map(({ length }) => length - cipher.overhead)
    expect(lengths).toEqual([HEADERS + 300, ...new Array(3).fill(HEADERS + 100)])
  })

  it('cuts them where datagrams carry them', () => {
    for (const takes of [true, false]) {
      expect(sentBy(new FakeLink(), takes)).toEqual(new Array(3).fill(HEADERS + 100))
    }
  })
})
