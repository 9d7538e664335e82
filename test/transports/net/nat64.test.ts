import { describe, expect, it } from 'vitest'
import { throughNat64 } from '../../../src/transports/net/nat64.js'
import type { Resolved } from '../../../src/transports/net/resolve.js'

const LITERAL: Resolved = { address: '198.51.100.8', family: 4 }
const NONE = () => false

/** Examples of RFC 6052 section 2.4, with the well-known addresses in the place of 192.0.2.33, and what is wanted. */
const PREFIXES: readonly (readonly [string, string, string])[] = [
  ['2001:db8::/32', '2001:db8:c000:aa::', '2001:db8:c633:6408::'],
  ['2001:db8:100::/40', '2001:db8:1c0:0:aa::', '2001:db8:1c6:3364:8::'],
  ['2001:db8:122::/48', '2001:db8:122:c000:0:aa00::', '2001:db8:122:c633:64:800::'],
  ['2001:db8:122:300::/56', '2001:db8:122:3c0:0:aa::', '2001:db8:122:3c6:33:6408::'],
  ['2001:db8:122:344::/64', '2001:db8:122:344:c0:0:aa00:0', '2001:db8:122:344:c6:3364:800:0'],
  ['64:ff9b::/96', '64:ff9b::c000:aa', '64:ff9b::c633:6408'],
  ['64:ff9b::/96, by the second address', '64:ff9b::c000:ab', '64:ff9b::c633:6408'],
]

describe('an address without a way to it', () => {
  it.each(PREFIXES)('is translated by %s', async (_prefix, example, wanted) => {
    const found = await throughNat64([LITERAL], { lookUp: async () => [example], hasRoute: NONE })
    expect(found).toEqual([{ address: wanted, family: 6 }, LITERAL])
  })

  it.each([
    ['nobody answers', () => Promise.reject(new Error('no'))],
    ['there is no NAT64', () => Promise.resolve([])],
    ['the answer is another address', () => Promise.resolve(['2001:db8::1'])],
    ['the answer is none', () => Promise.resolve(['nonsense'])],
  ])('stays as it is if %s', async (_why, lookUp) => {
    expect(await throughNat64([LITERAL], { lookUp, hasRoute: NONE })).toEqual([LITERAL])
  })
})

describe('an address with a way to it', () => {
  it.each([
    ['IPv4', [LITERAL]],
    ['IPv6', [{ address: '2001:db8::7', family: 6 } as const]],
    ['IPv4 beside IPv6', [LITERAL, { address: '2001:db8::7', family: 6 } as const]],
  ])('stays as it is, and nobody is asked: %s', async (_what, addresses) => {
    const lookUp = () => Promise.reject(new Error('asked'))
    const hasRoute = ({ family }: Resolved) => family === 4 && addresses.length === 1
    expect(await throughNat64(addresses, { lookUp, hasRoute })).toEqual(addresses)
  })
})
