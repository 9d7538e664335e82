import { describe, expect, it } from 'vitest'
import { hasRoom, MAX_PACKET } from '../../src/core/api/packet.js'
import { PacketBatch } from '../../src/tun/packet-batch.js'

describe('PacketBatch', () => {
  const content = (batch: PacketBatch) => batch.packets.map(({ bytes }) => [...bytes])

  it('keeps copies with room around each', () => {
    const batch = new PacketBatch()
    const input = Uint8Array.of(1, 2, 3, 4)
    batch.add(input, 3)
    input.fill(9)
    batch.add(input, 1)
    expect(content(batch)).toEqual([[1, 2, 3], [9]])
    expect(batch.packets.every(({ bytes }) => hasRoom(bytes))).toBe(true)
    const [first, second] = batch.packets
    expect(second!.bytes.byteOffset - first!.bytes.byteOffset).toBe(3 + 128)
  })

  it('is full with 64 packets, or when the largest one might not fit', () => {
    const small = new PacketBatch()
    const large = new PacketBatch()
    while (!small.full) small.add(new Uint8Array(1500), 1500)
    while (!large.full) large.add(new Uint8Array(MAX_PACKET), MAX_PACKET)
    expect([small.size, large.size]).toEqual([64, 4])
    expect(hasRoom(large.packets[3]!.bytes)).toBe(true)
  })

  it('begins again with the same memory', () => {
    const batch = new PacketBatch()
    batch.add(Uint8Array.of(1), 1)
    const { bytes } = batch.packets[0]!
    batch.clear()
    expect(batch.size).toBe(0)
    batch.add(Uint8Array.of(2, 3), 2)
    expect(content(batch)).toEqual([[2, 3]])
    expect(batch.packets[0]!.bytes.byteOffset).toBe(bytes.byteOffset)
    expect(batch.packets[0]).toMatchObject({ segmentSize: 0, checksum: 'full' })
  })
})
