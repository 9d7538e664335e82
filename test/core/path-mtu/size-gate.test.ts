import { describe, expect, it } from 'vitest'
import type { Packet } from '../../../src/core/api/packet.js'
import type { TunDevice } from '../../../src/core/api/tun-device.js'
import { AnswerLimit } from '../../../src/core/path-mtu/answer-limit.js'
import { packetSize } from '../../../src/core/path-mtu/packet-size.js'
import { SizeGate } from '../../../src/core/path-mtu/size-gate.js'
import { ipv4Header, ipv6Header, plainSum, transportSum } from '../../support/core/checked-packets.js'

const TCP = 6
const UDP = 17
const ICMP = 1
const ICMPV6 = 58
const MTU = 1240

/** A packet of `length` bytes, all told, whose payload counts up. */
function packetOf(version: 4 | 6, length: number, protocol = UDP): Packet {
  const header = version === 4 ? ipv4Header(protocol, length - 20) : ipv6Header(protocol, length - 40)
  const bytes = Uint8Array.from({ length }, (_, at) => header[at] ?? at)
  if (protocol === TCP) bytes[header.length + 12] = 0x80 // 32 bytes of header
  return { bytes, segmentSize: 0, checksum: 'full' }
}

/** A gate, and what the host was told. */
function gate(deviceMtu = 1420) {
  const told: Uint8Array[] = []
  const tun = {
    write: (packets: readonly Packet[]) => told.push(...packets.map(({ bytes }) => Uint8Array.from(bytes))),
  } as Partial<TunDevice> as TunDevice
  const made = new SizeGate(tun, deviceMtu)
  const common = new AnswerLimit()
  return {
    made,
    told,
    lets: (packet: Packet, mtu = MTU, now = 0, answers = common) => made.lets(packet, { mtu, answers }, now),
  }
}

describe('SizeGate', () => {
  it('lowers the segments of a connection to what the device takes, where the path takes more', () => {
    for (const mtu of [1420, 9_000, Number.POSITIVE_INFINITY]) {
      const packet = packetOf(4, 44, TCP)
      packet.bytes.set([6 << 4, 0x02], 32) // SYN, with a header of 24 bytes
      packet.bytes.set([2, 4, 0xff, 0xff], 40) // MSS
      gate().lets(packet, mtu)
      expect([...packet.bytes.subarray(42)]).toEqual([1380 >> 8, 1380 & 0xff])
    }
  })

  it('lowers them to what the device takes by now', () => {
    const { made, lets } = gate()
    made.deviceMtu = 1300
    const packet = packetOf(4, 44, TCP)
    packet.bytes.set([6 << 4, 0x02], 32)
    packet.bytes.set([2, 4, 0xff, 0xff], 40)
    lets(packet, Number.POSITIVE_INFINITY)
    expect([...packet.bytes.subarray(42)]).toEqual([1260 >> 8, 1260 & 0xff])
  })

  it('lets through what fits, and tells nobody', () => {
    const { told, lets } = gate()
    for (const version of [4, 6] as const) {
      expect(lets(packetOf(version, MTU))).toBe(true)
      expect(lets(packetOf(version, 1420), Number.POSITIVE_INFINITY)).toBe(true)
    }
    expect(told).toEqual([])
  })

  it('answers a larger IPv4 packet by "fragmentation needed", as RFC 792 and RFC 1191 have it', () => {
    const { told, lets } = gate()
    const { bytes } = packetOf(4, 1300)
    expect(lets({ bytes, segmentSize: 0, checksum: 'full' })).toBe(false)
    const [answer] = told
    expect(answer!.length).toBe(576)
    expect([...answer!.subarray(0, 10)]).toEqual([0x45, 0, 2, 64, 0, 0, 0, 0, 64, ICMP])
    expect([...answer!.subarray(12, 20)]).toEqual([10, 0, 0, 2, 10, 0, 0, 1])
    expect(plainSum(answer!.subarray(0, 20))).toBe(0xffff)
    expect([...answer!.subarray(20, 22), ...answer!.subarray(24, 28)]).toEqual([
      3,
      4,
      0,
      0,
      MTU >> 8,
      MTU & 0xff,
    ])
    expect(plainSum(answer!.subarray(20))).toBe(0xffff)
    expect(answer!.subarray(28)).toEqual(bytes.subarray(0, 548))
  })

  it('answers a larger IPv6 packet by "packet too big", never below 1280, as RFC 4443 has it', () => {
    const { told, lets } = gate()
    const { bytes } = packetOf(6, 1420)
    expect(lets({ bytes, segmentSize: 0, checksum: 'full' })).toBe(false)
    const [answer] = told
    expect(answer!.length).toBe(1280)
    expect([...answer!.subarray(0, 8)]).toEqual([0x60, 0, 0, 0, 1240 >> 8, 1240 & 0xff, ICMPV6, 64])
    expect(answer!.subarray(8, 24)).toEqual(bytes.subarray(24, 40))
    expect(answer!.subarray(24, 40)).toEqual(bytes.subarray(8, 24))
    expect([...answer!.subarray(40, 42), ...answer!.subarray(44, 48)]).toEqual([
      2,
      0,
      0,
      0,
      1280 >> 8,
      1280 & 0xff,
    ])
    expect(transportSum(answer!)).toBe(0xffff)
    expect(answer!.subarray(48)).toEqual(bytes.subarray(0, 1232))
  })

  it('tells of 1400 where 1400 passes', () => {
    const { told, lets } = gate()
    for (const version of [4, 6] as const) lets(packetOf(version, 1420), 1400)
    expect([told[0]![27]! + 256 * told[0]![26]!, told[1]![47]! + 256 * told[1]![46]!]).toEqual([1400, 1400])
  })

  it('lets through what must not be answered: IPv4 packets that may be cut, and IPv6 packets up to 1280 bytes', () => {
    const { told, lets } = gate()
    const mayBeCut = packetOf(4, 1400)
    mayBeCut.bytes[6] = 0
    expect([lets(mayBeCut), lets(packetOf(6, 1280)), lets(packetOf(6, 1281))]).toEqual([true, true, false])
    expect(told).toHaveLength(1)
  })

  it('looks at the segments of super-packets, and quotes their headers', () => {
    const { told, lets } = gate()
    for (const version of [4, 6] as const) {
      const header = (version === 4 ? 20 : 40) + 32
      const superPacket = (segmentSize: number) => ({ ...packetOf(version, 9_000, TCP), segmentSize })
      expect(packetSize(superPacket(1000))).toBe(header + 1000)
      const most = version === 4 ? MTU : 1280
      expect([lets(superPacket(most - header)), lets(superPacket(most - header + 1))]).toEqual([true, false])
      expect(told.at(-1)!.subarray(version === 4 ? 28 : 48)).toEqual(
        superPacket(1).bytes.subarray(0, version === 4 ? 548 : 1232),
      )
    }
    expect(packetSize({ ...packetOf(4, 9_000), segmentSize: 1000 })).toBe(1028)
    expect(packetSize({ ...packetOf(6, 9_000), segmentSize: 1000 })).toBe(1048)
    expect(packetSize({ ...packetOf(6, 9_000, 0), segmentSize: 1000 })).toBe(1100)
  })

  it('drops in silence what no answer may be given to', () => {
    const { told, lets } = gate()
    const changed = (version: 4 | 6, protocol: number, at: number, ...bytes: number[]) => {
      const packet = packetOf(version, 1400, protocol)
      packet.bytes.set(bytes, at)
      return packet
    }
    const silent = [
      changed(4, ICMP, 20, 3), // an error
      changed(4, ICMP, 20, 11),
      changed(4, UDP, 7, 1), // a later fragment
      changed(4, UDP, 12, 0, 0, 0, 0),
      changed(4, UDP, 12, 127, 0, 0, 1),
      changed(4, UDP, 16, 224, 0, 0, 1),
      changed(4, UDP, 16, 255, 255, 255, 255),
      changed(6, ICMPV6, 40, 1),
      changed(6, UDP, 24, 0xff, 2),
      changed(6, UDP, 8, ...new Array(15).fill(0), 1),
    ]
    for (const packet of silent) expect(lets(packet)).toBe(false)
    expect(told).toEqual([])
    expect([lets(changed(4, ICMP, 20, 8)), lets(changed(6, ICMPV6, 40, 128))]).toEqual([false, false])
    expect(lets(changed(6, UDP, 24, 0, 0x64, 0xff, 0x9b))).toBe(false) // NAT64: no special address
    expect(told).toHaveLength(3)
  })

  it('answers what goes to one peer, however much goes to another', () => {
    const { told, lets } = gate()
    for (let count = 0; count < 1_000; count++) lets(packetOf(4, 1400))
    told.length = 0
    lets(packetOf(4, 1400), MTU, 0, new AnswerLimit())
    expect(told).toHaveLength(1)
  })

  it('gives at most 50 answers at once and 100 a second about one peer, and drops the rest in silence', () => {
    const { told, lets } = gate()
    for (let count = 0; count < 1_000; count++) expect(lets(packetOf(4, 1400))).toBe(false)
    expect(told).toHaveLength(50)
    for (let now = 1; now <= 10_000; now++) lets(packetOf(4, 1400), MTU, now)
    expect(told.length).toBeLessThanOrEqual(50 + 1_000)
    expect(told.length).toBeGreaterThan(900)
  })
})
