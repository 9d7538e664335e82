import { describe, expect, it } from 'vitest'
import { hasRoom, MAX_PACKET } from '../../src/core/api/packet.js'
import { BATCH_BYTES, PacketBatch } from '../../src/tun/packet-batch.js'

describe('PacketBatch', () => {
  const content = (batch: PacketBatch) => batch.packets.map(({ bytes }) => [...bytes])

  it('takes what lies in its memory, with room around each', () => {
    const memory = new Uint8Array(BATCH_BYTES + 64).subarray(64)
    const batch = new PacketBatch(memory)
    new Uint8Array(memory.buffer).set([1, 2, 3], batch.at)
    batch.take(3)
    new Uint8Array(memory.buffer).set([9], batch.at)
    batch.take(1)
    expect(content(batch)).toEqual([[1, 2, 3], [9]])
    expect(batch.packets.every(({ bytes }) => hasRoom(bytes))).toBe(true)
    const [first, second] = batch.packets
    expect(second!.bytes.byteOffset - first!.bytes.byteOffset).toBe(3 + 128)
  })

  it('is full with 64 packets, or when the largest one might not fit', () => {
    const small = new PacketBatch()
    const large = new PacketBatch()
    while (!small.full) small.take(1500)
    while (!large.full) large.take(MAX_PACKET)
    expect([small.packets.length, large.packets.length]).toEqual([64, 4])
    expect(hasRoom(large.packets[3]!.bytes)).toBe(true)
  })

  it('begins again with the same memory and the same objects', () => {
    const batch = new PacketBatch()
    const first = batch.take(1)
    const { byteOffset } = first.bytes
    batch.clear()
    expect([batch.packets.length, batch.full, batch.at]).toEqual([0, false, byteOffset])
    expect(batch.take(2)).toBe(first)
    expect(first).toMatchObject({ bytes: new Uint8Array(2), segmentSize: 0, checksum: 'full' })
  })

  it('takes back what is no packet', () => {
    const batch = new PacketBatch()
    batch.take(1).bytes[0] = 1
    batch.take(1)
    batch.drop()
    expect(content(batch)).toEqual([[1]])
  })
})
