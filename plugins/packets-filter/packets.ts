import { type HookPeer, type Packet, packetOf, writeChecksums } from 'qanat'

export const ALICE: HookPeer = { id: 'key of alice', name: 'alice' }
export const BOB: HookPeer = { id: 'key of bob', name: 'bob' }

/** What a test's packet is made of. */
export interface Recipe {
  readonly from?: string
  readonly to?: string
  readonly protocol?: number
  readonly fromPort?: number
  readonly toPort?: number
  readonly flags?: number
  /** IPv4's 16 bits of flags and fragment offset, and its identification. */
  readonly fragment?: number
  readonly id?: number
  /** Bytes of options of IPv4. */
  readonly options?: number
  /** What follows the ports, in place of a header. */
  readonly rest?: readonly number[]
}

const bytesOf = (address: string) => address.split('.').map(Number)
const big = (value: number) => [value >> 8, value & 255]

/** An IPv4 packet of TCP unless its recipe has it otherwise, from this end at 10.0.0.1 to a peer at 10.0.0.2. */
export function packet({
  from = '10.0.0.1',
  to = '10.0.0.2',
  protocol = 6,
  fromPort = 40_000,
  toPort = 80,
  flags = 2,
  fragment = 0,
  id = 0,
  options = 0,
  rest = [0, 0, 0, 1, 0, 0, 0, 0, 0x50, flags, 0, 0, 0, 0, 0, 0],
}: Recipe = {}): Packet {
  const upper = [...big(fromPort), ...big(toPort), ...rest]
  const header = 20 + options
  const bytes = new Uint8Array(header + upper.length)
  bytes.set([0x40 + header / 4, 0, ...big(bytes.length), ...big(id), ...big(fragment), 64, protocol])
  bytes.set([...bytesOf(from), ...bytesOf(to)], 12)
  bytes.fill(1, 20, header) // options that do nothing
  bytes.set(upper, header)
  const made = packetOf(bytes)
  writeChecksums(made)
  return made
}

/** The answer to a packet of such a recipe. */
export function answer({
  from = '10.0.0.1',
  to = '10.0.0.2',
  fromPort = 40_000,
  toPort = 80,
  ...rest
}: Recipe = {}) {
  return packet({ from: to, to: from, fromPort: toPort, toPort: fromPort, flags: 0x12, ...rest })
}

/** What follows the ports of UDP and TCP. */
const UDP_REST = [0, 8, 0, 0]
export const TCP_REST = [0, 0, 0, 1, 0, 0, 0, 0, 0x50, 2, 0, 0, 0, 0, 0, 0]

/**
 * An IPv6 packet of UDP, or what `protocol` says, from fd00::1 to fd00::2 behind extension headers, each its number and its
 * bytes but for the next one's number.
 */
export function packet6(
  extensions: readonly (readonly number[])[],
  fromPort = 40_000,
  toPort = 53,
  { protocol = 17, rest = UDP_REST }: Pick<Recipe, 'protocol' | 'rest'> = {},
): Packet {
  const numbers = [...extensions.map(([number]) => number!), protocol]
  const upper = [
    ...extensions.flatMap(([, ...bytes], index) => [numbers[index + 1]!, ...bytes]),
    ...[...big(fromPort), ...big(toPort), ...rest],
  ]
  const bytes = new Uint8Array(40 + upper.length)
  bytes.set([0x60, 0, 0, 0, ...big(upper.length), numbers[0]!, 64])
  bytes.set([0xfd], 8)
  bytes.set([1], 23)
  bytes.set([0xfd], 24)
  bytes.set([2], 39)
  bytes.set(upper, 40)
  return packetOf(bytes)
}
