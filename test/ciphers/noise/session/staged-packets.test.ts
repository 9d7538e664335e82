import { describe, expect, it } from 'vitest'
import { StagedPackets } from '../../../../src/ciphers/noise/session/staged-packets.js'
import { hasRoom, packetOf } from '../../../../src/core/api/packet.js'

const packet = (length: number, mark: number) => packetOf(new Uint8Array(length).fill(mark))
const marks = (staged: StagedPackets) => staged.take().map(({ bytes }) => bytes[0])

describe('StagedPackets', () => {
  it('copies what it keeps, with room around it, and hands it out once', () => {
    const staged = new StagedPackets()
    const lent = { ...packet(10, 1), segmentSize: 5, checksum: 'partial' as const }
    staged.add(lent)
    lent.bytes.fill(9)
    const [kept] = staged.take()
    expect(kept).toMatchObject({ segmentSize: 5, checksum: 'partial' })
    expect(kept!.bytes).toEqual(new Uint8Array(10).fill(1))
    expect(hasRoom(kept!.bytes)).toBe(true)
    expect(staged.take()).toEqual([])
  })

  it('keeps the 128 newest packets', () => {
    const staged = new StagedPackets()
    let dropped = 0
    for (let mark = 0; mark < 130; mark++) dropped += staged.add(packet(10, mark))
    expect(dropped).toBe(2)
    expect(marks(staged)).toEqual(Array.from({ length: 128 }, (_, index) => index + 2))
  })

  it('keeps the newest 256 KiB, and a single packet whatever its length', () => {
    const staged = new StagedPackets()
    const dropped = [1, 2, 3, 4, 5].map((mark) => staged.add(packet(65_535, mark)))
    expect(dropped).toEqual([0, 0, 0, 0, 1])
    expect(staged.add(packet(5, 6))).toBe(1)
    expect(marks(staged)).toEqual([3, 4, 5, 6])
    expect(staged.add(packet(300_000, 7))).toBe(0)
    expect(marks(staged)).toEqual([7])
  })
})
