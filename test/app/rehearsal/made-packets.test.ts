import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { plainSum } from '../../../lab/offload-packets.js'
import { type Look, madePacket } from '../../../src/app/rehearsal/made-packets.js'
import { hasRoom } from '../../../src/core/api/packet.js'

const looks: fc.Arbitrary<Look> = fc.record(
  {
    version: fc.constantFrom(4, 6),
    protocol: fc.constantFrom('tcp', 'udp'),
    payload: fc.integer({ min: 0, max: 20_000 }),
    forth: fc.boolean(),
    checksum: fc.constantFrom('full', 'partial'),
    opens: fc.boolean(),
    sequence: fc.nat(),
    flow: fc.nat(20),
  },
  { requiredKeys: ['version', 'protocol', 'payload', 'forth'] },
)
const allocate = (bytes: number) => new Uint8Array(bytes)

/** What its checksum covers beyond itself: RFC 9293, RFC 8200. */
function pseudoHeader(bytes: Uint8Array, network: number): Uint8Array {
  const addresses = network === 20 ? bytes.subarray(12, 20) : bytes.subarray(8, 40)
  const length = bytes.length - network
  const protocol = network === 20 ? bytes[9]! : bytes[6]!
  return Uint8Array.from([...addresses, length >> 8, length & 255, 0, protocol])
}

describe('a made-up packet', () => {
  it('is whole, with room around it and the checksum that it says', () => {
    fc.assert(
      fc.property(looks, (look) => {
        const { bytes, checksum, segmentSize } = madePacket(look, allocate)
        const network = look.version === 4 ? 20 : 40
        const headers = look.protocol === 'tcp' ? 32 : 8
        expect(bytes).toHaveLength(network + headers + look.payload)
        expect(hasRoom(bytes)).toBe(true)
        expect(segmentSize).toBe(0)
        expect(checksum).toBe(look.checksum ?? 'full')
        if (look.version === 4) expect(plainSum(bytes.subarray(0, 20))).toBe(0xffff)
        const pseudo = pseudoHeader(bytes, network)
        const covered = Uint8Array.from([...pseudo, ...bytes.subarray(network)])
        const field = network + (look.protocol === 'tcp' ? 16 : 6)
        if (checksum === 'full') expect(plainSum(covered)).toBe(0xffff)
        else expect((bytes[field]! << 8) | bytes[field + 1]!).toBe(plainSum(pseudo))
      }),
    )
  })

  it('opens a connection with a maximum segment size, and pings with a checksum that is right', () => {
    const syn = madePacket(
      { version: 4, protocol: 'tcp', payload: 0, forth: true, opens: true },
      allocate,
    ).bytes
    expect([...syn.subarray(40, 44)]).toEqual([2, 4, 5, 180])
    expect(syn[33]).toBe(0x02)
    const ping = madePacket({ version: 4, protocol: 'icmp', payload: 56, forth: true }, allocate).bytes
    expect(ping[20]).toBe(8)
    expect(plainSum(ping.subarray(20))).toBe(0xffff)
  })

  it('is of a stream that passes 2^31 or 2^32, by its direction', () => {
    const sequence = (forth: boolean, at: number) =>
      Buffer.from(
        madePacket({ version: 4, protocol: 'tcp', payload: 9, forth, sequence: at }, allocate).bytes,
      ).readUInt32BE(24)
    expect([sequence(true, 0), sequence(true, 0x200)]).toEqual([0x7fff_ff00, 0x8000_0100])
    expect([sequence(false, 0), sequence(false, 0x200)]).toEqual([0xffff_ff00, 0x100])
  })
})
