import { describe, expect, it } from 'vitest'
import { kinds, pair as noisePair } from '../../support/ciphers/tunnels.js'
import { ipv6Packet } from '../../support/netsim/packets.js'
import { pair } from '../../support/netsim/pair.js'

/** Bytes that a cipher adds. */
const ENVELOPE = 32
/** Bytes of datagrams on a path of 1300 bytes: less the headers of IPv4 and UDP. */
const NARROW = 1272

/** A client and a server with real ciphers, on a path that can be narrowed. */
function sealedPair(kind: (typeof kinds)[number], endpoints: string[]) {
  const { clientId, serverId, newClientCipher, newServerCipher } = noisePair(kind)
  const lab = pair(endpoints, {
    sealed: { cipher: newClientCipher(), far: serverId },
    serverSealed: { cipher: newServerCipher(), far: clientId },
  })
  return lab
}

/** An IPv4 packet with the "don't fragment" bit. */
function large(length: number, fragment = 0x40): Uint8Array {
  const packet = new Uint8Array(length)
  packet.set([0x45, 0, length >> 8, length & 0xff, 0, 0, fragment])
  packet[9] = 17
  packet.set([10, 0, 0, 1, 10, 0, 0, 2], 12)
  return packet
}

describe.each(kinds)('a tunnel sealed by %s on a path that becomes narrow', (kind) => {
  /** Both ends, after a packet each way every 100 ms for some time. */
  async function busy(endpoints: string[]) {
    const lab = sealedPair(kind, endpoints)
    await lab.connected()
    const traffic = async (milliseconds: number, packet = large(1420)) => {
      for (let passed = 0; passed < milliseconds; passed += 100) {
        lab.client.tun.inject(Uint8Array.from(packet))
        await lab.pass(100)
      }
    }
    await traffic(2_000)
    return { ...lab, traffic }
  }

  it('finds what passes within 10 s at both ends, and tells the host to send less', async () => {
    const { carriers, client, server, traffic } = await busy(['udp://server'])
    expect([client.peer.path?.facts, server.peer.path?.facts]).toEqual(
      Array(2).fill({ mtu: 1420, state: 'confirmed' }),
    )
    carriers.udp.narrow(NARROW)
    await traffic(11_000)
    const answers: Uint8Array[] = []
    client.tun.host = (packets) => answers.push(...packets.map(({ bytes }) => Uint8Array.from(bytes)))
    await traffic(20_000)
    const { mtu } = client.peer.path!.facts
    expect(mtu).toBeGreaterThanOrEqual(NARROW - ENVELOPE - 8)
    expect(mtu).toBeLessThanOrEqual(NARROW - ENVELOPE)
    expect(answers.length).toBeGreaterThan(100)
    expect([...answers.at(-1)!.subarray(20, 22)]).toEqual([3, 4])
    expect(new DataView(answers.at(-1)!.buffer).getUint16(26)).toBe(mtu)
    expect(client.peer.drops.tooLarge).toBeGreaterThan(100)
    client.tun.host = undefined
    await traffic(20_000, large(mtu)) // the server finds out for its own direction, too
    expect(client.tun.written.length).toBeGreaterThan(40)
  })

  it('carries IPv6 packets of 1280 bytes and IPv4 packets that may be cut all the same', async () => {
    const { carriers, client, server, pass, traffic } = await busy(['udp://server'])
    carriers.udp.narrow(NARROW)
    await traffic(30_000)
    server.tun.host = undefined
    const packets = [ipv6Packet(1280, 1), large(1420, 0), ipv6Packet(1281, 2)]
    for (const packet of packets) client.tun.inject(packet)
    await pass(100)
    expect(server.tun.written).toEqual(packets.slice(0, 2))
  })

  it('keeps what was learnt while it is on a stream, where everything fits', async () => {
    const { carriers, client, traffic } = await busy(['udp://server', 'tcp://server'])
    carriers.udp.narrow(NARROW)
    await traffic(30_000)
    const { mtu } = client.peer.path!.facts
    expect(mtu).toBeLessThan(1280)
    carriers.udp.cut()
    await traffic(8_000, large(100))
    expect(client.log.at(-2)).toMatch('peer is reached endpoint=tcp://server')
    expect(client.peer.path!.facts).toEqual({ mtu: 1420, state: undefined })
    carriers.udp.narrow(NARROW)
    await traffic(20_000, large(100))
    expect(client.peer.path!.facts.mtu).toBe(mtu)
    client.tun.written.length = 0
    client.tun.host = undefined
    await traffic(100)
    expect([...client.tun.written[0]!.subarray(20, 22)]).toEqual([3, 4])
  })

  it('has no timer running while nothing is sent', async () => {
    const { carriers, clock, client, server, pass, traffic } = await busy(['udp://server'])
    carriers.udp.narrow(NARROW)
    await traffic(30_000)
    await pass(3_600_000)
    expect(client.peer.path!.facts.state).toBe('confirmed')
    await client.stop()
    await server.stop()
    await pass(20)
    expect(clock.pending).toBe(0)
  })
})

describe('a peer that answers no probes', () => {
  it('is sent packets of any size', async () => {
    const { connected, client, server, pass, arrivals } = pair(['udp://server'])
    client.cipher.probes = false
    server.cipher.probes = false
    await connected()
    for (let count = 0; count < 300; count++) {
      client.tun.inject(large(1420))
      await pass(100)
    }
    await pass(100)
    expect(client.peer.path!.facts).toEqual({ mtu: 1420, state: 'assumed' })
    expect(arrivals).toHaveLength(300)
  })
})
