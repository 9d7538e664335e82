import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { packet, pattern, plainSum, type Recipe, superRecipes } from '../../../lab/offload-packets.js'
import { type Packet, packetOf } from '../../../src/core/api/packet.js'
import { editPacket, writeChecksums } from '../../../src/core/hooks/edit-packet.js'

/** Bytes of the headers of IPv4 and ICMP. */
const IPV4 = 20
const ICMP = 8

/** Writes one packet's bytes over those of another that differ, but for checksums. */
function editInto(packet: Packet, wanted: Uint8Array, checksums: readonly number[]): void {
  for (let at = 0; at < wanted.length; at++) {
    if (packet.bytes[at] !== wanted[at] && !checksums.some((field) => at === field || at === field + 1))
      editPacket(packet, at, wanted.subarray(at, at + 1))
  }
}

/** Offsets of the checksums of a packet without options. */
function checksumsOf({ version, protocol, extensions = [] }: Recipe): number[] {
  const transport = version === 4 ? IPV4 : 40 + 8 * extensions.length
  return [...(version === 4 ? [10] : []), transport + (protocol === 'tcp' ? 16 : 6)]
}

const recipes = superRecipes(200).map(({ ipOptions, ...recipe }) => recipe as Recipe)
const checksums = fc.constantFrom('full', 'partial')
const changes = fc.record({
  source: fc.integer({ min: 0, max: 255 }),
  ttl: fc.integer({ min: 1, max: 255 }),
  sourcePort: fc.integer({ min: 0, max: 65_535 }),
  destinationPort: fc.integer({ min: 0, max: 65_535 }),
  ack: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  fill: fc.integer({ min: 0, max: 255 }),
})

/** An ICMP echo request, of IPv4 or IPv6. */
function echo(version: 4 | 6): Packet {
  const header = version === 4 ? IPV4 : 40
  const bytes = new Uint8Array(header + ICMP + 5).map((_, at) => at * 7)
  if (version === 4) bytes.set([0x45, 0, 0, bytes.length, 0, 1, 0, 0, 64, 1])
  else bytes.set([0x60, 0, 0, 0, 0, bytes.length - header, 58, 64])
  bytes.set([version === 4 ? 8 : 128, 0], header)
  const packet = packetOf(bytes)
  writeChecksums(packet)
  return packet
}

/** The sum of all that a checksum of IPv6 covers: 0xffff if it is right. */
function sumOf6({ bytes }: Packet): number {
  const upper = bytes.length - 40
  const pseudo = [...bytes.subarray(8, 40), 0, 0, 0, upper, 0, 0, 0, bytes[6]!]
  return plainSum(Uint8Array.from([...pseudo, ...bytes.subarray(40)]))
}

describe('editPacket', () => {
  it('makes of a packet the one that was wanted, checksums and all, full or partial', () => {
    fc.assert(
      fc.property(recipes, checksums, changes, (recipe, checksum, { fill, ...change }) => {
        const before = { ...recipe, checksum } as Recipe
        const payload = recipe.payload.map((byte, at) => (at % 3 === 0 ? fill : byte))
        const { bytes: wanted } = packet({ ...before, ...change, payload })
        const edited = packet(before)
        editInto(edited, wanted, checksumsOf(before))
        expect(edited.bytes).toEqual(wanted)
      }),
    )
  })

  it('takes several bytes at once, though they begin amid a word', () => {
    const recipe: Recipe = { version: 4, protocol: 'tcp', payload: pattern(31), checksum: 'full' }
    const payload = recipe.payload.map((byte, at) => (at >= 3 && at < 28 ? 255 - byte : byte))
    const edited = packet(recipe)
    editPacket(edited, edited.bytes.length - 28, payload.subarray(3, 28))
    expect(edited.bytes).toEqual(packet({ ...recipe, payload }).bytes)
  })

  it('leaves a wrong checksum wrong', () => {
    const edited = packet({ version: 4, protocol: 'udp', payload: pattern(8), checksum: 'full' })
    edited.bytes[27]! ^= 1
    editPacket(edited, 12, Uint8Array.of(192, 0, 2, 1))
    const right = packetOf(edited.bytes)
    writeChecksums(right)
    expect(edited.bytes).not.toEqual(right.bytes)
    right.bytes[27]! ^= 1
    expect(edited.bytes).toEqual(right.bytes)
  })

  it('leaves a UDP packet without a checksum as it is', () => {
    const edited = packet({ version: 4, protocol: 'udp', payload: pattern(8), checksum: 'full' })
    edited.bytes.fill(0, 26, 28)
    editPacket(edited, 12, Uint8Array.of(192, 0, 2, 1))
    expect([...edited.bytes.subarray(26, 28)]).toEqual([0, 0])
    expect(plainSum(edited.bytes.subarray(0, IPV4))).toBe(0xffff)
  })

  it('knows that the checksum of ICMP covers no addresses, and that of ICMPv6 does', () => {
    const [old, next] = [echo(4), echo(6)]
    editPacket(old, 12, Uint8Array.of(192, 0, 2, 1))
    editPacket(old, IPV4 + 4, Uint8Array.of(1, 2))
    editPacket(next, 8, Uint8Array.of(0x20, 1, 0xd, 0xb8))
    editPacket(next, 44, Uint8Array.of(1, 2))
    expect([plainSum(old.bytes.subarray(0, IPV4)), plainSum(old.bytes.subarray(IPV4))]).toEqual([
      0xffff, 0xffff,
    ])
    expect(sumOf6(next)).toBe(0xffff)
  })

  it('mends no more than the IPv4 header of a later fragment', () => {
    const edited = packet({
      version: 4,
      protocol: 'tcp',
      payload: pattern(40),
      fragment: 3,
      checksum: 'full',
    })
    const { bytes } = edited
    const behind = bytes.slice(IPV4)
    editPacket(edited, 16, Uint8Array.of(192, 0, 2, 1))
    expect([bytes.slice(IPV4), plainSum(bytes.subarray(0, IPV4))]).toEqual([behind, 0xffff])
  })

  it('does not count a destination from which a routing header sends on', () => {
    const edited = packet({
      version: 6,
      protocol: 'tcp',
      payload: pattern(9),
      extensions: [43],
      checksum: 'full',
    })
    edited.bytes[43] = 1 // segments left
    const behind = edited.bytes.slice(40)
    editPacket(edited, 24, Uint8Array.of(0x20, 1, 0xd, 0xb8))
    expect(edited.bytes.slice(40)).toEqual(behind)
  })

  it('throws for bytes that are not within a whole packet', () => {
    const whole = packet({ version: 4, protocol: 'tcp', payload: pattern(9) })
    for (const [at, length] of [
      [-1, 1],
      [whole.bytes.length, 1],
      [0, whole.bytes.length + 1],
    ] as const) {
      expect(() => editPacket(whole, at, new Uint8Array(length))).toThrow(RangeError)
    }
    expect(() => editPacket(packetOf(new Uint8Array(19)), 0, new Uint8Array(1))).toThrow(RangeError)
  })
})

describe('writeChecksums', () => {
  it('makes those that the packet should have, full or partial', () => {
    fc.assert(
      fc.property(recipes, checksums, (recipe, checksum) => {
        const wanted = packet({ ...recipe, checksum } as Recipe)
        const made = packet({ ...recipe, checksum } as Recipe)
        for (const field of checksumsOf(recipe)) made.bytes.set([0xde, 0xad], field)
        writeChecksums(made)
        expect(made.bytes).toEqual(wanted.bytes)
      }),
    )
  })

  it('throws for a partial one where there is none', () => {
    const made = { ...echo(4), checksum: 'partial' as const }
    made.bytes[9] = 47
    expect(() => writeChecksums(made)).toThrow('Cannot write a partial checksum: protocol 47 has none')
  })
})
