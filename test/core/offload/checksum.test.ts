import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { packet, pattern, superRecipes } from '../../../lab/offload-packets.js'
import { complete, verify, verifyIp4, writeIp4Checksum } from '../../../src/core/offload/checksum.js'
import { Headers, parse } from '../../../src/core/offload/ip.js'

const headers = new Headers()

describe('checksum', () => {
  it('completes a partial checksum to one that verifies', () => {
    fc.assert(
      fc.property(superRecipes(3000), (recipe) => {
        const { bytes } = packet(recipe)
        expect(parse(bytes, headers)).toBe(true)
        complete(bytes, headers)
        expect(bytes).toEqual(packet({ ...recipe, checksum: 'full' }).bytes)
        expect(verify(bytes, headers)).toBe(true)
      }),
    )
  })

  it('finds any flipped bit that a checksum can find', () => {
    const recipe = { version: 6, protocol: 'udp', payload: pattern(101), checksum: 'full' } as const
    const { bytes } = packet(recipe)
    parse(bytes, headers)
    for (let bit = 0; bit < (bytes.length - 40) * 8; bit++) {
      bytes[40 + (bit >> 3)]! ^= 1 << (bit & 7)
      expect(verify(bytes, headers)).toBe(false)
      bytes[40 + (bit >> 3)]! ^= 1 << (bit & 7)
    }
    expect(verify(bytes, headers)).toBe(true)
  })

  it('sends 0xffff where a UDP checksum comes to 0, and takes 0 for none', () => {
    const recipe = { version: 4, protocol: 'udp', checksum: 'full' } as const
    const payload = new Uint8Array(2)
    const empty = packet({ ...recipe, payload }).bytes
    const missing = (empty[26]! << 8) | empty[27]!
    payload.set([missing >> 8, missing & 255])
    const { bytes } = packet({ ...recipe, payload, checksum: 'partial' })
    parse(bytes, headers)
    complete(bytes, headers)
    expect([bytes[26], bytes[27]]).toEqual([255, 255])
    expect(verify(bytes, headers)).toBe(true)
    bytes.fill(0, 26, 28)
    expect(verify(bytes, headers)).toBe(false)
  })

  it('writes and verifies an IPv4 header checksum', () => {
    const { bytes } = packet({ version: 4, protocol: 'tcp', payload: pattern(10), ipOptions: pattern(8) })
    const right = bytes.slice()
    expect(verifyIp4(bytes, 28)).toBe(true)
    bytes[10]! ^= 0x55
    expect(verifyIp4(bytes, 28)).toBe(false)
    writeIp4Checksum(bytes, 28)
    expect(bytes).toEqual(right)
  })
})
