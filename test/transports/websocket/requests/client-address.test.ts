import { isIP } from 'node:net'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CLIENT_ADDRESS_HEADERS } from '../../../../src/core/settings/option-groups.js'
import { ClientAddress } from '../../../../src/transports/websocket/requests/client-address.js'

const trustedProxies = ['10.0.0.0/8', '::1', '192.0.2.1']
const ipv4 = fc.ipV4().filter((address) => !/^(10\.|192\.0\.2\.1$|0)/.test(address))
const ipv6 = fc.ipV6().filter((address) => isIP(address) === 6 && address !== '::1' && !address.includes('.'))

describe('ClientAddress', () => {
  const client = new ClientAddress({ trustedProxies })
  const forwardedFor = (address: string | undefined, header?: string) =>
    client.source(address, { 'x-forwarded-for': header, forwarded: 'for=198.51.100.9' })

  it('takes the address behind a trusted proxy', () => {
    expect(forwardedFor('10.1.2.3', '203.0.113.9')).toBe('203.0.113.9')
    expect(forwardedFor('::ffff:10.1.2.3', ' 203.0.113.9 ')).toBe('203.0.113.9')
    expect(forwardedFor('::1', '2001:db8::7')).toBe('2001:db8::7')
  })

  it('ignores what anybody else says, in whatever header', () => {
    for (const clientAddressHeader of CLIENT_ADDRESS_HEADERS) {
      const value = clientAddressHeader === 'forwarded' ? 'for=192.0.2.9' : '192.0.2.9'
      const said = (address: string, trusted: readonly string[]) =>
        new ClientAddress({ trustedProxies: trusted, clientAddressHeader }).source(address, {
          [clientAddressHeader]: value,
        })
      expect(said('203.0.113.1', trustedProxies)).toBe('203.0.113.1')
      expect(said('10.1.2.3', [])).toBe('10.1.2.3')
      expect(said('10.1.2.3', trustedProxies)).toBe('192.0.2.9')
    }
  })

  it('stops at the first address that is not trusted, for what stands before it may be made up', () => {
    expect(forwardedFor('10.1.2.3', '198.51.100.1, 203.0.113.9, 192.0.2.1')).toBe('203.0.113.9')
  })

  it('takes addresses with ports and in brackets', () => {
    for (const [hop, address] of [
      ['203.0.113.9:41234', '203.0.113.9'],
      ['[2001:db8::7]:41234', '2001:db8::7'],
      ['[2001:db8::7]', '2001:db8::7'],
      ['::ffff:203.0.113.9', '203.0.113.9'],
      ['[::ffff:203.0.113.9]:1', '203.0.113.9'],
    ] as const) {
      expect([hop, forwardedFor('10.1.2.3', hop)]).toEqual([hop, address])
    }
  })

  it('falls back to the nearest address that it can read', () => {
    expect(forwardedFor('10.1.2.3')).toBe('10.1.2.3')
    for (const stop of [
      'unknown',
      'nonsense',
      '',
      '_hidden',
      '203.0.113.9:port',
      '[203.0.113.9',
      '203.0.113.9 x',
    ]) {
      expect([stop, forwardedFor('10.1.2.3', `198.51.100.1, ${stop}`)]).toEqual([stop, '10.1.2.3'])
      expect([stop, forwardedFor('10.1.2.3', `${stop}, 192.0.2.1`)]).toEqual([stop, '192.0.2.1'])
    }
    expect(forwardedFor(undefined, '198.51.100.1')).toBeUndefined()
  })

  it('trusts who comes by a Unix socket if it is told to', () => {
    expect(client.source(undefined, { 'x-forwarded-for': '198.51.100.1, 203.0.113.9' }, true)).toBe(
      '203.0.113.9',
    )
    expect(client.source(undefined, {}, true)).toBeUndefined()
  })

  it('reads one header and no other', () => {
    const headers = {
      'x-forwarded-for': '198.51.100.1',
      forwarded: 'for=198.51.100.2',
      'x-real-ip': '198.51.100.3',
    }
    expect(
      CLIENT_ADDRESS_HEADERS.map((clientAddressHeader) =>
        new ClientAddress({ trustedProxies, clientAddressHeader }).source('10.0.0.1', headers),
      ),
    ).toEqual(['198.51.100.1', '198.51.100.2', '198.51.100.3'])
    expect(client.source('10.0.0.1', { forwarded: 'for=198.51.100.2' })).toBe('10.0.0.1')
  })

  it('takes no list from X-Real-IP', () => {
    const real = new ClientAddress({ trustedProxies, clientAddressHeader: 'x-real-ip' })
    expect(real.source('10.0.0.1', { 'x-real-ip': '198.51.100.1, 203.0.113.9' })).toBe('10.0.0.1')
  })

  it('reads Forwarded as RFC 7239 has it', () => {
    const forwarded = new ClientAddress({ trustedProxies, clientAddressHeader: 'forwarded' })
    for (const [header, address] of [
      ['for=192.0.2.43, for="[2001:db8:cafe::17]"', '2001:db8:cafe::17'],
      ['For="[2001:db8:cafe::17]:4711"', '2001:db8:cafe::17'],
      ['for=203.0.113.60;proto=http;by=203.0.113.43', '203.0.113.60'],
      ['proto=http ; FOR="203.0.113.60:80" ; host="a,b;for=x"', '203.0.113.60'],
      ['for=203.0.113.60, for=192.0.2.1, for=10.0.0.1', '203.0.113.60'],
      ['for="203.0.\\113.60"', '203.0.113.60'],
      // what stops the search
      ['for=203.0.113.60, for=unknown', '10.0.0.1'],
      ['for=203.0.113.60, for=_SEVKISEK', '10.0.0.1'],
      ['for=203.0.113.60, proto=http', '10.0.0.1'],
      ['for=203.0.113.60, for=198.51.100.1;for=198.51.100.2', '10.0.0.1'],
      // a client's quotation mark that reaches into what a proxy appended
      ['for="198.51.100.1, for=203.0.113.60', '10.0.0.1'],
      ['for="198.51.100.1, for="[2001:db8::1]:80"', '10.0.0.1'],
      ['for=198.51.100.7, for=", for="203.0.113.60"', '10.0.0.1'],
      ['for="x\\, for="203.0.113.60"', '10.0.0.1'],
      ['for=203.0.113.60 x', '10.0.0.1'],
    ] as const) {
      expect([header, forwarded.source('10.0.0.1', { forwarded: header })]).toEqual([header, address])
    }
  })

  it('takes what the last proxy appended, whatever a client wrote before it', () => {
    const hop = fc.oneof(
      ipv4,
      ipv6.map((address) => `[${address}]`),
      ipv4.map((address) => `${address}:80`),
    )
    fc.assert(
      fc.property(fc.string({ unit: 'binary-ascii' }), hop, (before, last) => {
        const bare = last.replace(/^\[|\]$/g, '').replace(/(?<=\.\d+):80$/, '')
        expect(forwardedFor('10.0.0.1', `${before}, ${last}`)).toBe(bare)
        const forwarded = new ClientAddress({ trustedProxies, clientAddressHeader: 'forwarded' })
        const said = forwarded.source('10.0.0.1', { forwarded: `${before}, for="${last}"` })
        expect([bare, '10.0.0.1']).toContain(said)
      }),
    )
  })

  it('refuses networks that are none', () => {
    for (const network of ['10.0.0.0/33', 'proxy.example.com', '10.0.0.0/8/8', '']) {
      expect(() => new ClientAddress({ trustedProxies: [network] })).toThrow(/^Cannot trust the proxy/)
    }
  })

  it('trusts the networks that it is told to, whatever it was asked before', () => {
    const address = new ClientAddress({ trustedProxies: ['192.0.2.0/24'] })
    const asked = ['192.0.2.1', '192.0.2.1', '198.51.100.1', '::ffff:192.0.2.7', undefined, '192.0.2.1']
    expect(asked.map((one) => address.trusts(one))).toEqual([true, true, false, true, false, true])
    expect(new ClientAddress({}).trusts(undefined)).toBe(false)
  })
})
