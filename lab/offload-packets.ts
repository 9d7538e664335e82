import fc from 'fast-check'
import { HEADROOM, type Packet, TAILROOM } from '../src/core/api/packet.js'

/** What a test's packet is made of. The builder is written apart from what it tests. */
export interface Recipe {
  version: 4 | 6
  protocol: 'tcp' | 'udp'
  payload: Uint8Array
  /**
   * IPv4 options or IPv6 extension headers: pairs of number and bytes, a multiple of 8 with their two own.
   */
  ipOptions?: Uint8Array
  extensions?: readonly number[]
  tcpOptions?: Uint8Array
  tos?: number
  ttl?: number
  id?: number
  /** IPv4's 16 bits of flags and fragment offset. */
  fragment?: number
  flowLabel?: number
  source?: number
  sourcePort?: number
  destinationPort?: number
  sequence?: number
  ack?: number
  flags?: number
  window?: number
  urgent?: number
  checksum?: 'full' | 'partial'
  segmentSize?: number
}

/** The checksum of RFC 1071, slow and plain. */
export function plainSum(bytes: Uint8Array): number {
  let total = 0
  for (let i = 0; i < bytes.length; i++) total += i % 2 === 0 ? bytes[i]! * 256 : bytes[i]!
  while (total > 0xffff) total = (total & 0xffff) + (total >>> 16)
  return total
}

const big16 = (value: number) => [(value >> 8) & 255, value & 255]
const big32 = (value: number) => [...big16(value >>> 16), ...big16(value)]

/** A packet as its recipe has it, with room around it. */
export function packet(recipe: Recipe): Packet {
  const { version, payload, tos = 0, ttl = 64, source = 1 } = recipe
  const number = recipe.protocol === 'tcp' ? 6 : 17
  const transport = recipe.protocol === 'tcp' ? tcpHeader(recipe) : udpHeader(recipe)
  const length = transport.length + payload.length
  const addresses =
    version === 4
      ? [10, 77, 1, source, 10, 77, 2, 2]
      : [...big32(0xfd000077), ...Array(11).fill(1), source, ...big32(0xfd000077), ...Array(11).fill(2), 2]
  const network =
    version === 4
      ? ip4(recipe, number, length, addresses, tos, ttl)
      : ip6(recipe, number, length, addresses, tos, ttl)
  const pseudo = plainSum(Uint8Array.from([...addresses, ...big32(length), 0, 0, 0, number]))
  const at = recipe.protocol === 'tcp' ? 16 : 6
  transport.set(big16(pseudo), at)
  if (recipe.checksum === 'full') {
    const sum = ~plainSum(Uint8Array.from([...transport, ...payload])) & 0xffff
    transport.set(big16(sum === 0 && number === 17 ? 0xffff : sum), at)
  }
  return {
    ...room([network, transport, payload]),
    segmentSize: recipe.segmentSize ?? 0,
    checksum: recipe.checksum ?? 'partial',
  }
}

/** Bytes one after another, with room around them. */
export function room(parts: readonly Uint8Array[]): { bytes: Uint8Array } {
  const length = parts.reduce((total, part) => total + part.length, 0)
  const bytes = new Uint8Array(HEADROOM + length + TAILROOM).subarray(HEADROOM, HEADROOM + length)
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return { bytes }
}

function ip4(
  recipe: Recipe,
  number: number,
  length: number,
  addresses: number[],
  tos: number,
  ttl: number,
): Uint8Array {
  const options = recipe.ipOptions ?? new Uint8Array()
  const header = 20 + options.length
  const bytes = Uint8Array.from([
    0x40 | (header / 4),
    tos,
    ...big16(header + length),
    ...big16(recipe.id ?? 0),
    ...big16(recipe.fragment ?? 0),
    ttl,
    number,
    0,
    0,
    ...addresses,
    ...options,
  ])
  bytes.set(big16(~plainSum(bytes)), 10)
  return bytes
}

function ip6(
  recipe: Recipe,
  number: number,
  length: number,
  addresses: number[],
  tos: number,
  ttl: number,
): Uint8Array {
  const extensions = recipe.extensions ?? []
  const first = (6 * 2 ** 28 + tos * 2 ** 20 + (recipe.flowLabel ?? 0)) >>> 0
  return Uint8Array.from([
    ...big32(first),
    ...big16(extensions.length * 8 + length),
    extensions[0] ?? number,
    ttl,
    ...addresses,
    // Each holds one PadN option that fills it.
    ...extensions.flatMap((_, i) => [extensions[i + 1] ?? number, 0, 1, 4, 0, 0, 0, 0]),
  ])
}

function tcpHeader(recipe: Recipe): Uint8Array {
  const options = recipe.tcpOptions ?? new Uint8Array()
  return Uint8Array.from([
    ...big16(recipe.sourcePort ?? 1000),
    ...big16(recipe.destinationPort ?? 2000),
    ...big32(recipe.sequence ?? 0),
    ...big32(recipe.ack ?? 0),
    ((20 + options.length) / 4) << 4,
    recipe.flags ?? 0x10,
    ...big16(recipe.window ?? 500),
    0,
    0,
    ...big16(recipe.urgent ?? 0),
    ...options,
  ])
}

function udpHeader(recipe: Recipe): Uint8Array {
  return Uint8Array.from([
    ...big16(recipe.sourcePort ?? 1000),
    ...big16(recipe.destinationPort ?? 2000),
    ...big16(8 + recipe.payload.length),
    0,
    0,
  ])
}

/** `length` bytes that differ from place to place. */
export function pattern(length: number, seed = 1): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 31 + (i >> 8) * 7 + seed * 131) & 255)
}

const options = (max: number) =>
  fc.uint8Array({ maxLength: max }).map((bytes) => bytes.map(() => 1).subarray(0, bytes.length & ~3))

/**
 * Super-packets of all kinds, of up to `maxPayload` bytes of payload, without FIN and of no more segments
 * than are joined.
 */
export function superRecipes(maxPayload: number): fc.Arbitrary<Recipe> {
  return fc
    .record({
      version: fc.constantFrom(4 as const, 6 as const),
      protocol: fc.constantFrom('tcp' as const, 'udp' as const),
      size: fc.integer({ min: 1, max: maxPayload }),
      segmentSize: fc.integer({ min: 1, max: 1500 }),
      seed: fc.nat(255),
      ipOptions: options(40),
      extensions: fc.array(fc.constantFrom(60), { maxLength: 3 }),
      tcpOptions: options(40),
      tos: fc.nat(255),
      ttl: fc.integer({ min: 2, max: 255 }),
      id: fc.nat(65_535),
      fragment: fc.constantFrom(0, 0x4000),
      flowLabel: fc.nat(0xfffff),
      sequence: fc.oneof(fc.nat(), fc.constant(0xfffffff0)),
      ack: fc.nat(),
      flags: fc.constantFrom(0x10, 0x18, 0x50, 0x90, 0xd8),
      window: fc.nat(65_535),
    })
    .map(({ size, seed, segmentSize, ...rest }) => {
      const least = Math.ceil(size / (rest.protocol === 'udp' ? 64 : 128))
      return { ...rest, payload: pattern(size, seed), segmentSize: Math.max(segmentSize, least) }
    })
}
