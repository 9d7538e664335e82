import { isIP } from 'node:net'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readProxyHeader } from '../../../src/transports/front-ends/proxy-header.js'

const SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1')
const PROXY = 0x21
const LOCAL = 0x20
const TCP4 = 0x11
const TCP6 = 0x21

/** A header of version 2. */
function version2(command: number, family: number, body: readonly number[]): Buffer {
  return Buffer.concat([SIGNATURE, Buffer.of(command, family, body.length >> 8, body.length & 0xff, ...body)])
}

const FROM_IPV4 = [203, 0, 113, 7, 10, 0, 0, 1, 41_234 >> 8, 41_234 & 0xff, 1, 187]
const FROM_IPV6 = [0x20, 1, 0xd, 0xb8, ...new Array(11).fill(0), 9, ...new Array(16).fill(1), 0, 80, 1, 187]

/** Headers, and the client that each names. */
const HEADERS = [
  ['PROXY TCP4 203.0.113.7 10.77.0.2 41234 8080\r\n', '203.0.113.7', 41_234],
  ['PROXY TCP6 2001:db8::9 ::1 65535 0\r\n', '2001:db8::9', 65_535],
  ['PROXY TCP6 ::ffff:203.0.113.7 ::1 1 2\r\n', '203.0.113.7', 1],
  ['PROXY UNKNOWN\r\n', undefined, undefined],
  ['PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n', undefined, undefined],
  [version2(PROXY, TCP4, FROM_IPV4), '203.0.113.7', 41_234],
  [version2(PROXY, TCP4, [...FROM_IPV4, 4, 0, 1, 9]), '203.0.113.7', 41_234],
  [version2(PROXY, TCP6, FROM_IPV6), '2001:db8::9', 80],
  [version2(LOCAL, 0, []), undefined, undefined],
  [version2(LOCAL, TCP4, FROM_IPV4), undefined, undefined],
  [version2(PROXY, 0, [1, 2, 3]), undefined, undefined],
  [version2(PROXY, 0x31, new Array(216).fill(0)), undefined, undefined],
] as const

describe('readProxyHeader', () => {
  it.each(HEADERS)('reads %j', (text, address, port) => {
    const header = Buffer.from(text as string, 'latin1')
    const client = address === undefined ? undefined : { address, port }
    const rest = Buffer.from('\x16\x03\x01 more', 'latin1')
    expect(readProxyHeader(Buffer.concat([header, rest]))).toEqual({ bytes: header.length, client })
    for (let length = 0; length < header.length; length++) {
      expect([length, readProxyHeader(header.subarray(0, length))]).toEqual([length, 'incomplete'])
    }
  })

  it.each([
    'GET / HTTP/1.1\r\n',
    '\x16\x03\x01\x02\x00',
    'PROXY TCP4 203.0.113.7 10.0.0.1 1\r\n',
    'PROXY TCP4 203.0.113.7 10.0.0.1 1 2 3\r\n',
    'PROXY TCP4 203.0.113.7  10.0.0.1 1 2\r\n',
    'PROXY TCP4 2001:db8::9 ::1 1 2\r\n',
    'PROXY TCP6 203.0.113.7 10.0.0.1 1 2\r\n',
    'PROXY TCP6 fe80::1%eth0 ::1 1 2\r\n',
    'PROXY TCP4 203.0.113.7 10.0.0.1 65536 2\r\n',
    'PROXY TCP4 203.0.113.7 10.0.0.1 01 2\r\n',
    'PROXY TCP4 unknown 10.0.0.1 1 2\r\n',
    'PROXY UDP4 203.0.113.7 10.0.0.1 1 2\r\n',
    'PROXY\r\n',
    `PROXY UNKNOWN ${'x'.repeat(107 - 14)}`,
    version2(0x11, TCP4, FROM_IPV4),
    version2(0x22, TCP4, FROM_IPV4),
    version2(PROXY, TCP4, FROM_IPV4.slice(0, -1)),
    version2(PROXY, TCP6, FROM_IPV4),
    version2(PROXY, TCP4, [...FROM_IPV4, ...new Array(2_037).fill(0)]).subarray(0, 16),
  ])('refuses %j', (text) => {
    expect(readProxyHeader(Buffer.from(text as string, 'latin1'))).toBe('malformed')
  })

  it('ends with bytes of any kind: within 2,064 a header is whole or malformed', () => {
    const beginnings = fc.constantFrom('', 'PROXY ', 'PROXY TCP4 ', SIGNATURE.toString('latin1'))
    fc.assert(
      fc.property(beginnings, fc.uint8Array({ maxLength: 200 }), (beginning, bytes) => {
        const begun = Buffer.concat([Buffer.from(beginning, 'latin1'), bytes])
        const header = readProxyHeader(begun)
        if (typeof header === 'object') {
          expect(header.bytes).toBeLessThanOrEqual(begun.length)
          if (header.client !== undefined) expect(isIP(header.client.address)).toBeGreaterThan(0)
        }
        expect(readProxyHeader(Buffer.concat([begun, Buffer.alloc(2_064)]))).not.toBe('incomplete')
      }),
    )
    const longest = version2(PROXY, TCP4, [...FROM_IPV4, ...new Array(2_037).fill(0)])
    expect(readProxyHeader(longest.subarray(0, 16))).toBe('malformed')
  })

  it('gives back the address that was written, by either version', () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.nat(65_535), (address, port) => {
        const bytes = address.split('.').map(Number)
        const client = { address, port }
        expect(readProxyHeader(Buffer.from(`PROXY TCP4 ${address} 10.0.0.1 ${port} 1\r\n`))).toMatchObject({
          client,
        })
        const body = [...bytes, 10, 0, 0, 1, port >> 8, port & 0xff, 0, 1]
        expect(readProxyHeader(version2(PROXY, TCP4, body))).toMatchObject({ client })
      }),
    )
  })
})
