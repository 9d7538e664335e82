import { describe, expect, it } from 'vitest'
import { liesWithin, networkOf, textOf } from '../../../src/core/ip/ip-network.js'
import { parseIpPrefix } from '../../../src/core/ip/ip-prefix.js'

const prefix = (text: string) => parseIpPrefix(text)!

describe('a range of addresses', () => {
  it.each([
    ['10.1.2.3/24', '10.1.2.0/24'],
    ['10.1.2.3/17', '10.1.0.0/17'],
    ['10.1.2.3/0', '0.0.0.0/0'],
    ['10.1.2.3', '10.1.2.3/32'],
    ['fd00:1::5/64', 'fd00:1::/64'],
    ['fd00:1:2:ff::/57', 'fd00:1:2:80::/57'],
  ])('%s is written as the network %s', (text, network) => {
    expect(networkOf(prefix(text)).text).toBe(network)
  })

  it.each([
    ['10.1.2.0/24', '10.1.0.0/16', true],
    ['10.1.2.0/24', '10.1.2.9/24', true],
    ['10.1.0.0/16', '10.1.0.0/24', false],
    ['10.1.2.0/24', '10.1.3.0/24', false],
    ['10.1.129.0/24', '10.1.128.0/17', true],
    ['10.1.127.0/24', '10.1.128.0/17', false],
    ['10.1.2.0/24', '0.0.0.0/0', true],
    ['10.1.2.0/24', '::/0', false],
    ['fd00:1::/64', 'fd00::/16', true],
    ['::ffff:10.1.2.3/128', '10.1.2.0/24', false],
  ])('tells whether %s lies within %s: %s', (inner, outer, lies) => {
    expect(liesWithin(prefix(inner), prefix(outer))).toBe(lies)
  })
})

describe('the text of an address', () => {
  it('is as short as RFC 5952 wants it', () => {
    const text = (address: string) => textOf(prefix(address).address)
    expect(text('10.0.0.1')).toBe('10.0.0.1')
    expect(text('fd00:0:0:0:0:0:0:1')).toBe('fd00::1')
    expect(text('2001:DB8:0:0:1:0:0:1')).toBe('2001:db8::1:0:0:1')
    expect(text('::')).toBe('::')
  })
})
