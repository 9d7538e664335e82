import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  decodeSocketAddress,
  encodeSocketAddress,
  urlHost,
} from '../../../src/native/sockets/socket-address.js'

const ipv4 = fc.uint8Array({ minLength: 4, maxLength: 4 })
const ipv6 = fc.uint8Array({ minLength: 16, maxLength: 16 })
const port = fc.integer({ min: 0, max: 65_535 })

describe('socket addresses', () => {
  it('are laid out as struct sockaddr_in', () => {
    const bytes = encodeSocketAddress({ family: 4, ip: Uint8Array.of(192, 0, 2, 1), port: 1337 })
    expect(Buffer.from(bytes).toString('hex')).toBe('02000539c00002010000000000000000')
  })

  it('are laid out as struct sockaddr_in6', () => {
    const ip = Uint8Array.of(0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1)
    const bytes = encodeSocketAddress({ family: 6, ip, port: 1337 })
    expect(Buffer.from(bytes).toString('hex')).toBe(
      '0a0005390000000020010db800000000000000000000000100000000',
    )
  })

  it('have the number of an interface behind them', () => {
    const bytes = encodeSocketAddress({ family: 6, ip: new Uint8Array(16), port: 5, scope: 258 })
    expect([...bytes.subarray(24)]).toEqual([2, 1, 0, 0])
  })

  it('are read as they were written', () => {
    fc.assert(
      fc.property(fc.oneof(ipv4, ipv6), port, (ip, port) => {
        const address = { family: ip.length === 4 ? 4 : 6, ip, port } as const
        expect(decodeSocketAddress(encodeSocketAddress(address))).toEqual(address)
      }),
    )
  })

  it('are not written with the bytes of another family', () => {
    expect(() => encodeSocketAddress({ family: 4, ip: new Uint8Array(16), port: 1 })).toThrow(RangeError)
    expect(() => encodeSocketAddress({ family: 6, ip: new Uint8Array(4), port: 1 })).toThrow(RangeError)
  })

  it('are not read from random bytes unless family and length fit', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const address = decodeSocketAddress(bytes)
        if (address !== undefined) expect([2, 10]).toContain(bytes[0])
      }),
      { numRuns: 1_000 },
    )
    expect(decodeSocketAddress(Uint8Array.of(10, 0, 0, 1))).toBeUndefined()
    expect(decodeSocketAddress(Uint8Array.of(1, ...new Uint8Array(30)))).toBeUndefined()
  })

  it('have hosts that a URL takes, IPv6 shortened', () => {
    expect(urlHost(Uint8Array.of(192, 0, 2, 1))).toBe('192.0.2.1')
    expect(urlHost(new Uint8Array(16).fill(1, 15))).toBe('[::1]')
    fc.assert(
      fc.property(fc.oneof(ipv4, ipv6), (ip) => {
        const host = urlHost(ip)
        expect(new URL(`udp://${host}:1337`).hostname).toBe(host)
      }),
    )
  })
})
