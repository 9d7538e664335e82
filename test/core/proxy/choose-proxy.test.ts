import { describe, expect, it } from 'vitest'
import { chooseProxy, isVariable, proxyFor } from '../../../src/core/proxy/choose-proxy.js'
import type { ProxySettings } from '../../../src/core/settings/transport-settings.js'

const ENDPOINT = new URL('wss://vpn.example.com/tunnel')

describe('chooseProxy', () => {
  it('dials directly where nothing is said', () => {
    for (const settings of [undefined, { environment: {} }, { environment: { NO_PROXY: '*' } }]) {
      expect(choice(ENDPOINT, settings)).toEqual({ proxies: [], source: undefined })
    }
  })

  it('takes what the settings name before the environment', () => {
    const environment = { HTTPS_PROXY: 'http://other:1', NO_PROXY: '*' }
    const url = new URL('socks5://near:9')
    expect(choice(ENDPOINT, { url, source: "'--proxy'", environment })).toMatchObject({
      proxies: [{ shown: 'socks5://near:9' }],
      source: "'--proxy'",
    })
    expect(choice(ENDPOINT, { url: 'none', environment })).toEqual({
      proxies: [],
      source: 'the setting',
    })
  })

  it('takes a PAC file of the settings, and none of a variable', () => {
    const url = new URL('pac+https://pac.example/proxy.pac?token=secret')
    const further = [new URL('http://user:secret@proxy:3128')]
    expect(chooseProxy(ENDPOINT, 443, { url, further, source: "'--proxy'" })).toMatchObject({
      proxies: [],
      shown: 'pac+https://pac.example/proxy.pac',
      source: "'--proxy'",
      pac: { kind: 'https', logins: [{ shown: 'http://proxy:3128' }] },
    })
    expect(() => choice(ENDPOINT, { environment: { ALL_PROXY: 'PAC+https://pac.example/' } })).toThrow(
      'Cannot use the proxy of ALL_PROXY: variables name no PAC file; name it in a file or by --proxy',
    )
  })

  it('tells which variable it was', () => {
    const both = { https_proxy: 'low:1', HTTPS_PROXY: 'up:1', ALL_PROXY: 'all:1' }
    const sourceOf = (environment: Record<string, string>) => choice(ENDPOINT, { environment }).source
    expect(sourceOf(both)).toBe('https_proxy')
    expect(sourceOf({ ...both, https_proxy: '' })).toBe('HTTPS_PROXY')
    expect(sourceOf({ ALL_PROXY: 'all:1' })).toBe('ALL_PROXY')
    expect(sourceOf({ ...both, no_proxy: 'example.com' })).toBe('no_proxy')
    expect(sourceOf({ HTTPS_PROXY: 'none', ALL_PROXY: 'all:1' })).toBe('HTTPS_PROXY')
    expect(['https_proxy', 'NO_PROXY', "'--proxy'"].map(isVariable)).toEqual([true, true, false])
  })

  it('takes HTTPS_PROXY before ALL_PROXY, and lower case before upper case', () => {
    expect(fromEnvironment({ ALL_PROXY: 'socks5h://s', HTTPS_PROXY: 'http://h:8' })).toBe('http://h:8')
    expect(fromEnvironment({ ALL_PROXY: 'socks5h://s' })).toBe('socks5://s:1080')
    expect(fromEnvironment({ https_proxy: 'http://low:1', HTTPS_PROXY: 'http://up:2' })).toBe('http://low:1')
    expect(fromEnvironment({ https_proxy: '', HTTPS_PROXY: 'https://up' })).toBe('https://up:443')
  })

  it('takes a value without a scheme for an HTTP proxy', () => {
    expect(fromEnvironment({ HTTPS_PROXY: 'proxy:3128' })).toBe('http://proxy:3128')
    expect(fromEnvironment({ HTTPS_PROXY: 'http://proxy:80' })).toBe('http://proxy:80')
  })

  it('exempts the hosts of NO_PROXY', () => {
    const environment = { ALL_PROXY: 'http://proxy', no_proxy: 'example.com' }
    expect(choice(ENDPOINT, { environment }).proxies).toEqual([])
    expect(choice(new URL('tcp://elsewhere:1'), { environment }).shown).toBe('http://proxy:80')
  })

  it('asks whether the transport goes through proxies, and which port it means', () => {
    const environment = { HTTPS_PROXY: 'proxy:1', NO_PROXY: 'vpn.example.com:444' }
    const found = (text: string, port: number) =>
      proxyFor(new URL(text), { environment }, (protocol) =>
        protocol === 'wss:' ? { proxied: true, ports: { wss: port } } : {},
      )
    expect(found('udp://vpn.example.com:1', 1)).toBeUndefined()
    expect(found('wss://vpn.example.com/', 443)?.source).toBe('HTTPS_PROXY')
    expect(found('wss://vpn.example.com/', 444)?.source).toBe('NO_PROXY')
    expect(found('wss://vpn.example.com:444/', 443)?.source).toBe('NO_PROXY')
  })

  it('refuses what is no proxy without telling its password', () => {
    for (const value of [
      'socks4://u:secret@host',
      'http://u:secret@',
      'ftp://u:secret@h',
      'http://u:%secret@h',
    ]) {
      expect(() => fromEnvironment({ ALL_PROXY: value })).toThrow(/^Cannot use the proxy of ALL_PROXY: /)
      expect(() => fromEnvironment({ ALL_PROXY: value })).not.toThrow(/secret/)
    }
  })
})

function fromEnvironment(environment: Record<string, string>): string | undefined {
  return choice(ENDPOINT, { environment }).shown
}

function choice(endpoint: URL, settings?: ProxySettings) {
  return chooseProxy(endpoint, 443, settings)
}
