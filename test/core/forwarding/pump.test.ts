import { describe, expect, it } from 'vitest'
import { randomFrom } from '../../../src/conformance/kit/packets.js'
import { packetOf } from '../../../src/core/api/packet.js'
import type { LinkChooser } from '../../../src/core/peers/peers.js'
import { datagramOf, ECHO, MOVES, NO_PACKET, REPLY } from '../../support/core/fake-cipher.js'
import { FakeLink } from '../../support/core/fake-link.js'
import { ipv4, pumpLab, smallPath } from './pump-lab.js'

/** A TCP packet that opens a connection, with segments of up to `mss` bytes. */
function syn(source: number, destination: number, mss: number): Uint8Array {
  const packet = new Uint8Array(44)
  packet.set(ipv4(source, destination).subarray(0, 20))
  packet[9] = 6
  packet[32] = 6 << 4 // the header has 24 bytes
  packet[33] = 0x02
  packet.set([2, 4, mss >> 8, mss & 0xff], 40)
  return packet
}

/** A chooser that notes what it is told. */
function chooser(follows: boolean): LinkChooser & { readonly told: string[] } {
  const told: string[] = []
  return {
    told,
    endpoint: undefined,
    nextAttempt: () => undefined,
    sent: () => told.push('sent'),
    onAuthenticated: (link, echoes) => told.push(`received ${link.remote} [${echoes}]`),
    closed: (link, error) => told.push(`closed ${link.remote} ${error?.message}`),
    follows: (link) => {
      told.push(`follows ${link.remote}`)
      return follows
    },
    renews: () => true,
  }
}

describe('Pump, from the host', () => {
  it('takes the packets of a mixed batch to the peers that own their destinations, in order', () => {
    const { leave, marks, a, b, pump } = pumpLab()
    leave(ipv4(1, 10, 1), ipv4(1, 11, 2), ipv4(1, 20, 3), ipv4(1, 12, 4), ipv4(1, 21, 5))
    expect([marks(a), marks(b)]).toEqual([
      [1, 2, 4],
      [3, 5],
    ])
    expect(pump.traffic).toMatchObject({ sentPackets: 5, sentBytes: 5 * 21 })
  })

  it('seals packets that follow one another to one peer in one call', () => {
    const { leave, cipher } = pumpLab()
    leave(ipv4(1, 10), ipv4(1, 99), ipv4(1, 11), ipv4(1, 20))
    expect(cipher.calls).toEqual(['seal a', 'seal b'])
  })

  it('keeps its packets apart from those that a host sends at once when it is told of one that is too large', () => {
    const { leave, marks, peers, pump, tun, a, b } = pumpLab()
    peers.a.path = smallPath()
    const tooLarge = Uint8Array.from({ length: 1300 }, (_, at) => ipv4(1, 10)[at] ?? 0)
    tooLarge[6] = 0x40 // it must not be cut
    tun.onWrite = () => leave(ipv4(1, 10, 9), ipv4(1, 20, 9))
    leave(tooLarge, ipv4(1, 10, 2), ipv4(1, 11, 3), ipv4(1, 20, 4))
    expect([marks(a), marks(b)]).toEqual([
      [9, 2, 3],
      [9, 4],
    ])
    expect([pump.drops.tooLarge, peers.a.drops.tooLarge]).toEqual([1, 1])
  })

  it('drops and counts what it cannot take anywhere, before it is sealed', () => {
    const { leave, cipher, pump, peers, b } = pumpLab()
    peers.a.link = undefined
    b.writable = false
    leave(new Uint8Array(0), Uint8Array.of(0x45, 0, 0), ipv4(1, 99), ipv4(1, 10), ipv4(1, 11), ipv4(1, 20))
    expect(pump.drops).toEqual({
      malformed: 2,
      unroutable: 1,
      linkless: 2,
      congested: 1,
      foreignSource: 0,
      isolated: 0,
      unknownSource: 0,
      unknownPeer: 0,
      tooLarge: 0,
    })
    expect(cipher.calls).toEqual([])
    expect(pump.traffic.sentPackets).toBe(0)
  })

  it('tells the chooser that something was sent, and only then', () => {
    const { leave, peers, a } = pumpLab()
    const told = chooser(true)
    peers.a.chooser = told
    leave(ipv4(1, 20))
    a.writable = false
    leave(ipv4(1, 10))
    expect(told.told).toEqual([])
    a.writable = true
    leave(ipv4(1, 10), ipv4(1, 11))
    expect(told.told).toEqual(['sent'])
  })

  it('seals for what the link carries', () => {
    const { leave, marks, a } = pumpLab()
    a.maxDatagram = 22
    leave(ipv4(1, 10, 1))
    a.maxDatagram = 23
    leave(ipv4(1, 10, 2))
    expect(marks(a)).toEqual([2])
  })
})

describe('Pump whose carrier is busy', () => {
  /** A pump with one peer, whose link is busy from the first packet on. */
  function busyLab() {
    const lab = pumpLab()
    const { peers, a } = lab
    peers.remove(peers.b)
    a.onSend = () => {
      a.writable = false
    }
    return lab
  }

  it('pauses the device until the link takes packets again, is gone, or another one is used', () => {
    const goesOn = {
      drained: ({ pump, a }: ReturnType<typeof pumpLab>) => pump.drained(a),
      closed: ({ pump, a }: ReturnType<typeof pumpLab>) => pump.closed(a),
      moved: ({ pump }: ReturnType<typeof pumpLab>) =>
        pump.receive(new FakeLink('fake://next'), [datagramOf('a', MOVES, ipv4(10, 1))]),
    }
    for (const [name, goOn] of Object.entries(goesOn)) {
      const lab = busyLab()
      lab.leave(ipv4(1, 10))
      expect(lab.tun.pauses, name).toEqual(['pause'])
      goOn(lab)
      expect(lab.tun.pauses, name).toEqual(['pause', 'resume'])
    }
  })

  it('reads the device again after 50 ms, and drops what still does not fit', () => {
    const { leave, pump, tun, clock } = busyLab()
    leave(ipv4(1, 10))
    clock.advance(50)
    expect(tun.pauses).toEqual(['pause', 'resume'])
    leave(ipv4(1, 10))
    expect(pump.drops.congested).toBe(1)
  })

  it('pauses nothing while there are other peers, which would have to wait', () => {
    const { leave, tun, a } = pumpLab()
    a.onSend = () => {
      a.writable = false
    }
    leave(ipv4(1, 10), ipv4(1, 20))
    expect(tun.pauses).toEqual([])
  })
})

describe('Pump, counting for each peer', () => {
  it('adds up what went through and what was dropped, a batch at a time', () => {
    const { leave, pump, peers, a, b } = pumpLab()
    leave(ipv4(1, 10), ipv4(1, 11), ipv4(1, 20))
    pump.receive(a, [
      datagramOf('a', 0, ipv4(10, 1)),
      datagramOf('b', 0, ipv4(20, 1)),
      datagramOf('a', 0, ipv4(99, 1)),
      datagramOf('a', 0, Uint8Array.of(0x45)),
    ])
    b.writable = false
    leave(ipv4(1, 20), ipv4(1, 21))
    peers.b.link = undefined
    leave(ipv4(1, 20))
    expect(peers.a.traffic).toEqual({ sentPackets: 2, sentBytes: 42, receivedPackets: 1, receivedBytes: 21 })
    expect(peers.b.traffic).toEqual({ sentPackets: 1, sentBytes: 21, receivedPackets: 1, receivedBytes: 21 })
    expect(pump.traffic).toEqual({ sentPackets: 3, sentBytes: 63, receivedPackets: 2, receivedBytes: 42 })
    expect(peers.a.drops).toMatchObject({ foreignSource: 1, malformed: 1, congested: 0, linkless: 0 })
    expect(peers.b.drops).toMatchObject({ foreignSource: 0, malformed: 0, congested: 2, linkless: 1 })
  })
})

describe('Pump that keeps peers apart', () => {
  it('drops and counts what one peer sends to another, and nothing else', () => {
    const { pump, peers, tun, a } = pumpLab()
    pump.isolate(true)
    pump.receive(a, [
      datagramOf('a', 0, ipv4(10, 20, 1)),
      datagramOf('a', 0, ipv4(10, 1, 2)),
      datagramOf('a', 0, ipv4(10, 11, 3)),
      datagramOf('b', 0, ipv4(20, 10, 4)),
    ])
    expect(tun.written).toEqual([[2, 3]])
    expect(pump.drops).toMatchObject({ isolated: 2, foreignSource: 0 })
    expect([peers.a.drops.isolated, peers.b.drops.isolated]).toEqual([1, 1])
  })

  it('drops what the host would pass on from one peer to another', () => {
    const { pump, leave, marks, a, b } = pumpLab()
    pump.isolate(true)
    leave(ipv4(1, 20, 1), ipv4(10, 20, 2), ipv4(20, 21, 3), ipv4(99, 10, 4))
    expect([marks(a), marks(b)]).toEqual([[4], [1, 3]])
    expect(pump.drops).toMatchObject({ isolated: 1, unroutable: 0 })
  })

  it('lets peers reach each other by the host and no shorter way where it is off', () => {
    const { pump, leave, marks, tun, a, b } = pumpLab()
    pump.isolate(true)
    pump.isolate(false)
    pump.receive(a, [datagramOf('a', 0, ipv4(10, 20, 1))])
    expect([tun.written, b.sent]).toEqual([[[1]], []])
    leave(ipv4(10, 20, 1))
    expect([marks(b), pump.drops.isolated]).toEqual([[1], 0])
  })
})

describe('Pump, to the host', () => {
  it('writes the packets of a batch at once, from whichever peers they are', () => {
    const { pump, tun, a } = pumpLab()
    pump.receive(a, [
      datagramOf('a', 0, ipv4(10, 1, 1)),
      datagramOf('b', 0, ipv4(20, 1, 2)),
      datagramOf('a', NO_PACKET, Uint8Array.of()),
      datagramOf('a', 0, ipv4(11, 1, 3)),
    ])
    expect(tun.written).toEqual([[1, 2, 3]])
    expect(pump.traffic).toMatchObject({ receivedPackets: 3, receivedBytes: 63 })
  })

  it('lets no packet through whose source the peer does not own', () => {
    const { pump, tun, a } = pumpLab()
    pump.receive(a, [
      datagramOf('a', 0, ipv4(20, 1, 1)),
      datagramOf('b', 0, ipv4(10, 1, 2)),
      datagramOf('a', 0, ipv4(99, 1, 3)),
      datagramOf('a', 0, Uint8Array.of(0x60, 10, 4)),
      datagramOf('a', 0, Uint8Array.of()),
      datagramOf('c', 0, ipv4(10, 1, 5)),
    ])
    expect(tun.written).toEqual([])
    expect(pump.drops).toMatchObject({ foreignSource: 3, malformed: 2 })
  })

  it('delivers 0 of 1,000,000 packets whose source the peer does not own, and all others', () => {
    const { pump, tun, a, cipher, peers } = pumpLab()
    const random = randomFrom(1)
    const packets = Array.from({ length: 1_000 }, () => packetOf(ipv4(0, 1)))
    const groups = ['a', 'b'].map((peer) => ({ peer, packets, roams: false, probeReplies: [] }))
    let sender = groups[0]!
    let [owned, delivered, foreign] = [0, 0, 0]
    cipher.open = () => ({ opened: [sender], replies: [] })
    tun.write = (written) => {
      delivered += written.length
      for (const { bytes } of written) if (peers.owner(bytes, 12, 4)?.id !== sender.peer) foreign++
    }
    for (let count = 0; count < 1_000; count++) {
      sender = groups[count % 2]!
      for (const { bytes } of packets) {
        const source = Math.floor(random() * 40)
        bytes[15] = source
        if (Math.floor(source / 10) === 1 + (count % 2)) owned++
      }
      pump.receive(a, [Uint8Array.of(0)])
    }
    expect({ foreign, delivered }).toEqual({ foreign: 0, delivered: owned })
    expect(pump.drops.foreignSource).toBe(1_000_000 - owned)
  })

  it('lowers the segments that a connection by a peer may use to what fits, from either side', () => {
    const { leave, pump, tun, a } = pumpLab()
    const opened: number[] = []
    tun.write = (packets) => {
      for (const { bytes } of packets) opened.push((bytes[42]! << 8) | bytes[43]!)
    }
    pump.receive(a, [datagramOf('a', 0, syn(10, 1, 1460)), datagramOf('a', 0, syn(10, 1, 1000))])
    expect(opened).toEqual([1380, 1000])
    leave(syn(1, 10, 1460))
    expect(a.sent[0]!.slice(-2)).toEqual(Uint8Array.of(1380 >> 8, 1380 & 0xff))
  })

  it('sends replies back by the link that the batch came by, before it does anything else', () => {
    const { pump, a, b, peers } = pumpLab()
    const passing = new FakeLink('fake://passing')
    pump.receive(passing, [datagramOf('a', REPLY, ipv4(10, 1, 7)), datagramOf('b', REPLY, ipv4(20, 1, 8))])
    expect(passing.sent).toEqual([Uint8Array.of(0xaa, 7), Uint8Array.of(0xaa, 8)])
    expect([a.sent, b.sent, peers.a.link]).toEqual([[], [], a])
  })

  it('follows a peer that moves, and leaves one that does not', () => {
    const { pump, peers, a, b } = pumpLab()
    const [next, other] = [new FakeLink('fake://next'), new FakeLink('fake://other')]
    pump.receive(next, [datagramOf('a', MOVES, ipv4(10, 1))])
    pump.receive(other, [datagramOf('a', ECHO, ipv4(10, 1))])
    expect([peers.a.link, peers.b.link]).toEqual([next, b])
    expect(a.closes).toBe(0)
  })

  it('lets the chooser say whether a peer may take itself to another link', () => {
    for (const follows of [true, false]) {
      const { pump, peers, a } = pumpLab()
      const next = new FakeLink('fake://next')
      const told = chooser(follows)
      peers.a.chooser = told
      pump.receive(next, [datagramOf('a', MOVES, ipv4(10, 1))])
      pump.receive(a, [datagramOf('a', 0, ipv4(10, 1))])
      expect(peers.a.link).toBe(follows ? next : a)
      expect(told.told).toEqual(['follows fake://next', 'received fake://next []', 'received fake://a []'])
    }
  })

  it('asks nobody about the link that is in use already', () => {
    const { pump, peers, a } = pumpLab()
    const told = chooser(true)
    peers.a.chooser = told
    pump.receive(a, [datagramOf('a', MOVES | ECHO, ipv4(10, 1, 5))])
    expect(told.told).toEqual(['received fake://a [5]'])
  })

  it('is done with what the cipher lent before a chooser may use the cipher', () => {
    const { pump, peers, tun, cipher } = pumpLab()
    const passing = new FakeLink('fake://passing')
    const received: string[] = []
    for (const peer of peers) {
      peer.chooser = {
        ...chooser(true),
        onAuthenticated(link, echoes) {
          received.push(`${peer.id} ${echoes}`)
          link.send(cipher.seal(peer.id, [], 100))
        },
      }
    }
    pump.receive(passing, [
      datagramOf('a', ECHO | REPLY, ipv4(10, 1, 1)),
      datagramOf('b', ECHO | REPLY, ipv4(20, 1, 2)),
    ])
    expect(received).toEqual(['a 1', 'b 2'])
    expect(tun.written).toEqual([[1, 2]])
    expect(passing.sent).toEqual([Uint8Array.of(0xaa, 1), Uint8Array.of(0xaa, 2)])
  })

  it('hears no unknown source where the cipher proves nothing', () => {
    const { pump, cipher, firstSender, tun, a, b } = pumpLab()
    cipher.authenticates = false
    firstSender.fix(a)
    pump.receive(b, [datagramOf('a', MOVES, ipv4(10, 1, 1)), datagramOf('a', MOVES, ipv4(10, 1, 2))])
    expect(pump.drops.unknownSource).toBe(2)
    expect(cipher.calls).toEqual([])
    pump.receive(a, [datagramOf('a', MOVES, ipv4(10, 1, 3))])
    expect(tun.written).toEqual([[3]])
  })

  it('takes the first that sends something well-formed for the peer, until it ends', () => {
    const { pump, cipher, peers, a, b } = pumpLab()
    cipher.authenticates = false
    pump.receive(a, [])
    pump.receive(b, [datagramOf('a', MOVES, ipv4(10, 1))])
    pump.receive(a, [datagramOf('a', MOVES, ipv4(10, 1))])
    expect(peers.a.link).toBe(b)
    pump.closed(b)
    pump.receive(a, [datagramOf('a', MOVES, ipv4(10, 1))])
    expect(peers.a.link).toBe(a)
  })

  it('tells a link that its peer is authenticated once something authentic came by it, and not before', () => {
    const { pump } = pumpLab()
    let proofs = 0
    const passing = Object.assign(new FakeLink('fake://passing'), { authenticated: () => void proofs++ })
    pump.receive(passing, [])
    pump.receive(passing, [datagramOf('c', 0, ipv4(10, 1))])
    expect(proofs).toBe(0)
    pump.receive(passing, [datagramOf('a', NO_PACKET, Uint8Array.of())])
    expect(proofs).toBe(1)
  })

  it('says where a peer without a chooser is, and that it is lost with its link', () => {
    const { pump, peers, clock } = pumpLab()
    const next = new FakeLink('fake://next')
    clock.advance(5)
    pump.receive(next, [datagramOf('a', MOVES, ipv4(10, 1))])
    expect(peers.a).toMatchObject({ remote: 'fake://next', since: clock.now() })
    pump.closed(next, new Error('reset'))
    expect(peers.a).toMatchObject({ remote: undefined, why: 'reset' })
  })

  it('forgets a link that ended, and tells the choosers', () => {
    const { pump, peers, a, b } = pumpLab()
    const told = chooser(true)
    peers.b.chooser = told
    pump.closed(a, new Error('reset'))
    expect([peers.a.link, peers.b.link]).toEqual([undefined, b])
    expect(told.told).toEqual(['closed fake://a reset'])
  })
})
