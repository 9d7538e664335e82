import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HEADROOM, hasRoom, packetOf, TAILROOM } from '../../../src/core/api/packet.js'

describe('packetOf', () => {
  it('copies into memory with room around it', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), (bytes) => {
        const packet = packetOf(bytes)
        expect(packet).toEqual({ bytes, segmentSize: 0, checksum: 'full' })
        expect(packet.bytes.buffer).not.toBe(bytes.buffer)
        expect(hasRoom(packet.bytes)).toBe(true)
      }),
    )
  })
})

describe('hasRoom', () => {
  it('wants all of the room, before and after', () => {
    const memory = new Uint8Array(HEADROOM + 10 + TAILROOM)
    expect(hasRoom(memory.subarray(HEADROOM, HEADROOM + 10))).toBe(true)
    expect(hasRoom(memory.subarray(HEADROOM - 1, HEADROOM + 9))).toBe(false)
    expect(hasRoom(memory.subarray(HEADROOM, HEADROOM + 11))).toBe(false)
  })
})
