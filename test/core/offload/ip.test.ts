import { describe, expect, it } from 'vitest'
import { packet, pattern, type Recipe, room } from '../../../lab/offload-packets.js'
import { Headers, parse } from '../../../src/core/offload/ip.js'

const headers = new Headers()
const TCP4: Recipe = { version: 4, protocol: 'tcp', payload: pattern(5) }
const UDP6: Recipe = { version: 6, protocol: 'udp', payload: pattern(5) }
const parsed = (recipe: Recipe) => parse(packet(recipe).bytes, headers)

describe('parse', () => {
  it('finds the headers of TCP in IPv4 with options', () => {
    expect(parsed({ ...TCP4, ipOptions: pattern(8), tcpOptions: pattern(12) })).toBe(true)
    expect(headers).toMatchObject({ version: 4, protocol: 6, transport: 28, payload: 60 })
  })

  it('finds the headers of UDP in IPv6 behind extension headers', () => {
    expect(parsed({ ...UDP6, extensions: [0, 60] })).toBe(true)
    expect(headers).toMatchObject({ version: 6, protocol: 17, transport: 56, payload: 64 })
  })

  it('refuses fragments and says so', () => {
    for (const fragment of [0x2000, 1, 0x2001, 0x1fff]) {
      expect(parsed({ ...TCP4, fragment })).toBe(false)
      expect(headers.fragment).toBe(true)
    }
    expect(parsed({ ...UDP6, extensions: [44] })).toBe(false)
    expect(headers.fragment).toBe(true)
    expect(parsed({ ...TCP4, fragment: 0x4000 })).toBe(true)
    expect(headers.fragment).toBe(false)
  })

  it('refuses what is cut short or has bytes behind it', () => {
    for (const recipe of [TCP4, UDP6]) {
      const { bytes } = packet(recipe)
      for (let length = 0; length < bytes.length; length++)
        expect(parse(bytes.subarray(0, length), headers)).toBe(false)
      expect(parse(room([bytes, pattern(1)]).bytes, headers)).toBe(false)
    }
  })

  it('refuses lengths that disagree', () => {
    const wrong = (recipe: Recipe, at: number, value: number) => {
      const { bytes } = packet(recipe)
      bytes[at] = value
      return parse(bytes, headers)
    }
    expect(wrong(TCP4, 0, 0x44)).toBe(false)
    expect(wrong(TCP4, 3, 44)).toBe(false)
    expect(wrong(TCP4, 32, 0x40)).toBe(false)
    expect(wrong(TCP4, 32, 0x70)).toBe(false)
    expect(wrong(UDP6, 45, 12)).toBe(false)
    expect(wrong(UDP6, 45, 14)).toBe(false)
  })

  it('refuses other protocols and other versions', () => {
    const { bytes } = packet(TCP4)
    bytes[9] = 1
    expect(parse(bytes, headers)).toBe(false)
    bytes[9] = 6
    bytes[0] = 0x55
    expect(parse(bytes, headers)).toBe(false)
    expect(parsed({ ...UDP6, extensions: [51] })).toBe(false)
  })

  it('refuses a routing header that still leads elsewhere, and one extension header too many', () => {
    const { bytes } = packet({ ...UDP6, extensions: [43] })
    expect(bytes[43]).toBe(4)
    expect(parse(bytes, headers)).toBe(false)
    bytes[43] = 0
    expect(parse(bytes, headers)).toBe(true)
    expect(parsed({ ...UDP6, extensions: Array(60).fill(60) })).toBe(false)
  })
})
