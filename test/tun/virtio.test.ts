import { describe, expect, it } from 'vitest'
import { packet, pattern, plainSum, type Recipe, room } from '../../lab/offload-packets.js'
import type { Packet } from '../../src/core/api/packet.js'
import { decodeHeader, encodeHeader, VIRTIO_HEADER } from '../../src/tun/virtio.js'
import { copyOf } from '../support/offload/batches.js'

const TCP4: Recipe = { version: 4, protocol: 'tcp', payload: pattern(2500), segmentSize: 1000 }

/** struct virtio_net_hdr with its 16-bit numbers little-endian. */
function header(flags: number, type: number, headers = 0, segment = 0, start = 0, offset = 0): Uint8Array {
  const bytes = new Uint8Array(VIRTIO_HEADER)
  const view = new DataView(bytes.buffer)
  bytes.set([flags, type])
  for (const [i, value] of [headers, segment, start, offset].entries()) view.setUint16(2 + i * 2, value, true)
  return bytes
}

function encoded(of: Packet): Uint8Array | undefined {
  const bytes = new Uint8Array(VIRTIO_HEADER + 6).fill(0xee)
  const taken = encodeHeader(of, bytes, 3)
  expect([...bytes.subarray(0, 3), ...bytes.subarray(13)]).toEqual(Array(6).fill(0xee))
  return taken ? bytes.slice(3, 13) : undefined
}

/** The packet with the same bytes of which nothing is known yet. */
function unread(of: Packet): Packet {
  return { ...room([of.bytes]), segmentSize: 77, checksum: 'partial' }
}

const kinds: [string, Recipe, Uint8Array][] = [
  ['TCP in IPv4', TCP4, header(1, 1, 40, 1000, 20, 16)],
  ['TCP in IPv4 with CWR', { ...TCP4, flags: 0x90 }, header(1, 0x81, 40, 1000, 20, 16)],
  ['TCP in IPv6', { ...TCP4, version: 6, tcpOptions: pattern(12) }, header(1, 4, 72, 1000, 40, 16)],
  ['UDP in IPv4', { ...TCP4, protocol: 'udp' }, header(1, 5, 28, 1000, 20, 6)],
  ['UDP in IPv6', { ...TCP4, protocol: 'udp', version: 6, extensions: [60] }, header(1, 5, 56, 1000, 48, 6)],
  ['a packet with a partial checksum', { ...TCP4, segmentSize: 0 }, header(1, 0, 0, 0, 20, 16)],
  ['a packet with a full checksum', { ...TCP4, segmentSize: 0, checksum: 'full' }, header(0, 0)],
]

describe('virtio header', () => {
  it.each(kinds)('is written and read for %s', (_, recipe, bytes) => {
    const whole = packet(recipe)
    expect(encoded(whole)).toEqual(bytes)
    expect(copyOf(whole)).toEqual(copyOf(packet(recipe)))
    const read = unread(whole)
    expect(decodeHeader(bytes, 0, read)).toBe(true)
    expect(copyOf(read)).toEqual(copyOf(whole))
  })

  it('marks packets of other protocols as complete', () => {
    const other = packet({ ...TCP4, segmentSize: 0, checksum: 'full' })
    other.bytes[9] = 1
    expect(encoded(other)).toEqual(header(0, 0))
    expect(decodeHeader(header(2, 0), 0, other)).toBe(true)
    expect(other).toMatchObject({ segmentSize: 0, checksum: 'full' })
  })

  it('makes no super-packet of one segment', () => {
    expect(encoded(packet({ ...TCP4, segmentSize: 2500 }))).toEqual(header(1, 0, 0, 0, 20, 16))
  })

  it('hands the kernel a partial checksum of its own making for every super-packet', () => {
    const garbled = packet(TCP4)
    garbled.bytes[36]! ^= 0x55
    encoded(garbled)
    expect(copyOf(garbled)).toEqual(copyOf(packet(TCP4)))
  })

  it('hands the kernel no super-packet with a full checksum that is wrong', () => {
    const right = packet({ ...TCP4, checksum: 'full' })
    const wrong = copyOf(right)
    wrong.bytes[100]! ^= 1
    expect(encoded(wrong)).toBeUndefined()
    expect(encoded(right)).toEqual(header(1, 1, 40, 1000, 20, 16))
    expect(right.bytes).toEqual(packet(TCP4).bytes)
  })

  it('hands the kernel nothing that is not what it claims to be', () => {
    expect(encoded(packet({ ...TCP4, fragment: 0x2000 }))).toBeUndefined()
    expect(encoded(packet({ ...TCP4, segmentSize: 0, fragment: 1 }))).toBeUndefined()
    expect(encoded(packet({ ...TCP4, segmentSize: 19 }))).toBeUndefined()
    expect(encoded(packet({ ...TCP4, segmentSize: -5 }))).toBeUndefined()
    expect(encoded({ ...room([pattern(3)]), segmentSize: 0, checksum: 'partial' })).toBeUndefined()
  })

  it('refuses what the kernel cannot have meant', () => {
    const refused = (recipe: Recipe, bytes: Uint8Array) => !decodeHeader(bytes, 0, unread(packet(recipe)))
    expect(refused(TCP4, header(1, 1, 40, 0, 20, 16))).toBe(true)
    expect(refused(TCP4, header(1, 4, 40, 1000, 20, 16))).toBe(true)
    expect(refused(TCP4, header(1, 5, 40, 1000, 20, 16))).toBe(true)
    expect(refused(TCP4, header(1, 3, 40, 1000, 20, 16))).toBe(true)
    expect(refused({ ...TCP4, fragment: 0x2000 }, header(1, 1, 40, 1000, 20, 16))).toBe(true)
    expect(refused(TCP4, header(1, 0, 0, 0, 20, 65_535))).toBe(true)
    expect(refused(TCP4, header(1, 0, 0, 0, 2540, 0))).toBe(true)
  })

  it('takes nothing from the header about where things lie', () => {
    const read = unread(packet(TCP4))
    expect(decodeHeader(header(1, 1, 9, 1000, 7, 3), 0, read)).toBe(true)
    expect(copyOf(read)).toEqual(copyOf(packet(TCP4)))
  })

  it('makes the checksum of a super-packet partial where the kernel completed it', () => {
    const read = unread(packet({ ...TCP4, checksum: 'full' }))
    expect(decodeHeader(header(0, 1, 40, 1000, 0, 0), 0, read)).toBe(true)
    expect(copyOf(read)).toEqual(copyOf(packet(TCP4)))
  })

  it('completes a checksum that a tunnel inside the tunnel left partial', () => {
    const inner = packet({ ...TCP4, segmentSize: 0 }).bytes
    const outer = packet({ version: 4, protocol: 'udp', payload: inner, checksum: 'full' })
    const read = unread(outer)
    expect(decodeHeader(header(1, 0, 0, 0, 28 + 20, 16), 0, read)).toBe(true)
    expect(read).toMatchObject({ segmentSize: 0, checksum: 'full' })
    expect(read.bytes.slice(28)).toEqual(packet({ ...TCP4, segmentSize: 0, checksum: 'full' }).bytes.slice())
    expect(plainSum(read.bytes.subarray(0, 20))).toBe(0xffff)
  })
})
