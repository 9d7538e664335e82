import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Packet } from '../../../src/core/api/packet.js'
import { clampMss } from '../../../src/core/path-mtu/mss-clamp.js'
import { ipv4Header, ipv6Header, transportSum } from '../../support/core/checked-packets.js'

const TCP = 6
const SYN = 0x02
const ACK = 0x10
const MSS = (value: number) => [2, 4, value >> 8, value & 0xff]
const NOP = 1

/** A TCP packet with these options, padded, and a right checksum. */
function tcpPacket(version: 4 | 6, flags: number, options: readonly number[], payload = 0): Packet {
  const padded = [...options, ...new Array((4 - (options.length % 4)) % 4).fill(0)]
  const segment = new Uint8Array(20 + padded.length + payload)
  segment.set([0x12, 0x34, 0, 80, 1, 2, 3, 4, 5, 6, 7, 8, ((20 + padded.length) / 4) << 4, flags, 0xff, 0xff])
  segment.set(padded, 20)
  segment.fill(0xa5, 20 + padded.length)
  const header = version === 4 ? ipv4Header(TCP, segment.length) : ipv6Header(TCP, segment.length)
  const bytes = Uint8Array.of(...header, ...segment)
  const sum = ~transportSum(bytes) & 0xffff
  bytes.set([sum >> 8, sum & 0xff], header.length + 16)
  return { bytes, segmentSize: 0, checksum: 'full' }
}

const headerOf = ({ bytes }: Packet) => (bytes[0]! >> 4 === 4 ? 20 : 40)

function mssOf(packet: Packet, at = 2): number {
  const offset = headerOf(packet) + 20 + at
  return (packet.bytes[offset]! << 8) | packet.bytes[offset + 1]!
}

describe.each([4, 6] as const)('clampMss over IPv%d', (version) => {
  const headers = version === 4 ? 40 : 60

  it('lowers a larger value to what fits the MTU, in SYN and in SYN-ACK, and keeps the checksum right', () => {
    for (const flags of [SYN, SYN | ACK]) {
      const packet = tcpPacket(version, flags, [...MSS(1460), 1, 3, 3, 7])
      clampMss(packet, 1240)
      expect(mssOf(packet)).toBe(1240 - headers)
      expect(transportSum(packet.bytes)).toBe(0xffff)
    }
  })

  it('keeps the checksum right wherever the option lies, whatever its value', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 0xffff }),
        fc.integer({ min: 0, max: 3 }),
        fc.integer({ min: 1200, max: 1420 }),
        fc.integer({ min: 0, max: 100 }),
        (value, nops, mtu, payload) => {
          const packet = tcpPacket(version, SYN, [...new Array(nops).fill(NOP), ...MSS(value)], payload)
          clampMss(packet, mtu)
          expect(mssOf(packet, nops + 2)).toBe(Math.min(value, mtu - headers))
          expect(transportSum(packet.bytes)).toBe(0xffff)
        },
      ),
    )
  })

  it('leaves a partial checksum alone, which does not cover the option', () => {
    const packet: Packet = { ...tcpPacket(version, SYN, MSS(1460)), checksum: 'partial' }
    const before = packet.bytes.slice(headerOf(packet) + 16, headerOf(packet) + 18)
    clampMss(packet, 1240)
    expect(mssOf(packet)).toBe(1240 - headers)
    expect(packet.bytes.slice(headerOf(packet) + 16, headerOf(packet) + 18)).toEqual(before)
  })

  it('leaves everything else as it is', () => {
    const others: Packet[] = [
      tcpPacket(version, ACK, MSS(1460)),
      tcpPacket(version, SYN, MSS(536)),
      tcpPacket(version, SYN, []),
      tcpPacket(version, SYN, [0, ...MSS(1460)]),
      tcpPacket(version, SYN, [2, 3, 5]),
      tcpPacket(version, SYN, [3, 0, ...MSS(1460)]),
      { ...tcpPacket(version, SYN, MSS(1460)), segmentSize: 100 },
    ]
    for (const packet of others) {
      const before = Uint8Array.from(packet.bytes)
      clampMss(packet, 1240)
      expect(packet.bytes).toEqual(before)
    }
  })

  it('reads and writes nothing beyond a packet, however it is cut off or mutated', () => {
    const whole = tcpPacket(version, SYN, [NOP, NOP, ...MSS(1460)])
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: whole.bytes.length }),
        fc.array(fc.tuple(fc.nat(whole.bytes.length - 1), fc.nat(255)), { maxLength: 4 }),
        (length, mutations) => {
          const memory = new Uint8Array(whole.bytes.length + 60).fill(0xee)
          memory.set(whole.bytes.subarray(0, length))
          for (const [at, value] of mutations) if (at < length) memory[at] = value
          clampMss({ bytes: memory.subarray(0, length), segmentSize: 0, checksum: 'full' }, 1240)
          expect(memory.subarray(length)).toEqual(new Uint8Array(memory.length - length).fill(0xee))
        },
      ),
    )
  })
})

it('leaves later fragments of IPv4 alone', () => {
  const packet = tcpPacket(4, SYN, MSS(1460))
  packet.bytes[7] = 1
  const before = Uint8Array.from(packet.bytes)
  clampMss(packet, 1240)
  expect(packet.bytes).toEqual(before)
})
