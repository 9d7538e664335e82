import { isIP } from 'node:net'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseIpAddress } from '../../../src/core/ip/ip-address.js'

/** Text that is often nearly an address. */
const nearlyAddress = fc.string({
  unit: fc.constantFrom(...'0012345678 9abcdefgABCF::::....%/-'.split('')),
  maxLength: 24,
})

describe('parseIpAddress', () => {
  it('takes the addresses that node:net takes, but for those with a zone', () => {
    const text = fc.oneof(nearlyAddress, fc.ipV4(), fc.ipV4Extended(), fc.ipV6(), mixed(), mangled())
    fc.assert(
      fc.property(text, (address) => {
        const expected = address.includes('%') ? 0 : isIP(address)
        expect({ address, bytes: parseIpAddress(address)?.length }).toEqual({
          address,
          bytes: { 0: undefined, 4: 4, 6: 16 }[expected],
        })
      }),
      { numRuns: 3_000 },
    )
  })

  it('reads the bytes that an IPv4 address was written from', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 4, maxLength: 4 }), (bytes) => {
        expect(parseIpAddress(bytes.join('.'))).toEqual(bytes)
      }),
    )
  })

  it('reads the bytes that an IPv6 address was written from, in every way to write it', () => {
    fc.assert(
      fc.property(ipv6Bytes(), fc.boolean(), fc.boolean(), (bytes, upper, embedsIpv4) => {
        for (const text of spellings(bytes, embedsIpv4)) {
          const address = upper ? text.toUpperCase() : text
          expect({ address, bytes: parseIpAddress(address) }).toEqual({ address, bytes })
        }
      }),
    )
  })

  it.each([
    '',
    ' ',
    ':',
    ':::',
    '1::2::3',
    '::1%eth0',
    '1.2.3',
    '01.2.3.4',
    '256.0.0.0',
    '[::1]',
    '1:2:3:4:5:6:7',
  ])("takes '%s' for no address", (text) => {
    expect(parseIpAddress(text)).toBeUndefined()
  })
})

/** IPv6 addresses, often with a run of zeros. */
function ipv6Bytes(): fc.Arbitrary<Uint8Array> {
  return fc
    .tuple(fc.uint8Array({ minLength: 16, maxLength: 16 }), fc.nat(8), fc.nat(8))
    .map(([bytes, from, groups]) => bytes.fill(0, 2 * from, 2 * (from + groups)))
}

/** Addresses whose end is written as IPv4, and some that are not. */
function mixed(): fc.Arbitrary<string> {
  return fc.tuple(fc.ipV6(), fc.ipV4()).map(([head, tail]) => head.replace(/[^:]*$/, tail))
}

/** An address with one character changed, put in or taken out. */
function mangled(): fc.Arbitrary<string> {
  const change = fc.tuple(fc.nat(), fc.constantFrom('', ':', '.', '0', 'f', 'g', ' '), fc.nat(1))
  return fc.tuple(fc.oneof(fc.ipV4(), fc.ipV6(), mixed()), change).map(([text, [at, put, cut]]) => {
    const index = at % (text.length + 1)
    return text.slice(0, index) + put + text.slice(index + cut)
  })
}

/** What RFC 4291 section 2.2 allows to write: zeros in front, `::` for any run of zeros, IPv4 at the end. */
function spellings(bytes: Uint8Array, embedsIpv4: boolean): string[] {
  const numbers = Array.from({ length: 8 }, (_, group) => (bytes[2 * group]! << 8) | bytes[2 * group + 1]!)
  const plain = (from: number, to: number) => {
    const texts = numbers.slice(from, to).map((number) => number.toString(16))
    if (embedsIpv4 && to === 8 && from <= 6) texts.splice(-2, 2, bytes.subarray(12).join('.'))
    return texts.join(':')
  }
  const all = [plain(0, 8), numbers.map((number) => number.toString(16).padStart(4, '0')).join(':')]
  for (let from = 0; from < 8; from++) {
    for (let to = from + 1; to <= 8 && numbers[to - 1] === 0; to++) {
      all.push(`${plain(0, from)}::${plain(to, 8)}`)
    }
  }
  return all
}
