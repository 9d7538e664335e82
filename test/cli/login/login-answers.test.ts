import { describe, expect, it } from 'vitest'
import { addressOf, innerAddressesIn, pageIn, readLeave } from '../../../src/cli/login/login-answers.js'

describe('what a tunnel answers to a login', () => {
  it('has the page that is in the way, or any page of the host whose place it took', () => {
    const portal = {
      since: '2026-11-30T00:00:00.000Z',
      code: 'portal-redirect',
      host: 'vpn.example.org:8443',
    }
    const told = pageIn({ portal: { ...portal, url: 'http://login.example.net/' } })!
    expect(addressOf(told)).toBe('http://login.example.net/')
    expect(addressOf(pageIn({ portal: { ...portal, url: null } })!)).toBe('http://vpn.example.org/')
    for (const status of [
      undefined,
      null,
      7,
      {},
      { portal: null },
      { portal: { host: 7 } },
      { portal: { host: '[' } },
    ])
      expect(pageIn(status)).toBeUndefined()
  })

  it('has the addresses within the tunnel', () => {
    expect(innerAddressesIn({ addresses: ['10.0.0.2/32', 'fd00::2/128'] })).toEqual(['10.0.0.2', 'fd00::2'])
    expect(innerAddressesIn({})).toEqual([])
  })

  it('is the way past it, of which only domains are believed that are such', () => {
    const answer = { mark: 0x2151, servers: ['192.0.2.1', '2001:db8::1'], search: ['example.org', 'a b\n'] }
    expect(readLeave(answer, 'a.toml')).toEqual({ ...answer, search: ['example.org'] })
  })

  it.each([
    null,
    7,
    {},
    { mark: 0, servers: [], search: [] },
    { mark: 2 ** 32, servers: [], search: [] },
    { mark: 1, servers: ['192.0.2.1\nnameserver 192.0.2.66'], search: [] },
    { mark: 1, servers: 'x', search: [] },
    { mark: 1, servers: [], search: [7] },
  ])('is refused if it is %j', (answer) => {
    expect(() => readLeave(answer, 'a.toml')).toThrow(
      "Cannot understand the tunnel of a.toml: its answer is none to 'login'",
    )
  })
})
