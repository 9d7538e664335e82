import { describe, expect, it } from 'vitest'
import { chooseProxy, namesHost } from '../../../src/transports/proxy/choose-proxy.js'

const ENDPOINT = new URL('wss://vpn.example.com/tunnel')

describe('chooseProxy', () => {
  it('dials directly where nothing is said', () => {
    expect(chooseProxy(ENDPOINT)).toBeUndefined()
    expect(chooseProxy(ENDPOINT, { environment: {} })).toBeUndefined()
  })

  it('takes what the settings name before the environment', () => {
    const environment = { HTTPS_PROXY: 'http://other:1', NO_PROXY: '*' }
    expect(chooseProxy(ENDPOINT, { url: new URL('socks5://near:9'), environment })?.shown).toBe(
      'socks5://near:9',
    )
    expect(chooseProxy(ENDPOINT, { url: 'none', environment })).toBeUndefined()
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

  it('decodes user and password', () => {
    const settings = { url: new URL('http://a%40b:p%3Aw%2F@proxy') }
    expect(chooseProxy(ENDPOINT, settings)?.credentials).toEqual({ user: 'a@b', password: 'p:w/' })
  })

  it('exempts the hosts of NO_PROXY', () => {
    const environment = { ALL_PROXY: 'http://proxy', no_proxy: 'example.com' }
    expect(chooseProxy(ENDPOINT, { environment })).toBeUndefined()
    expect(chooseProxy(new URL('tcp://elsewhere:1'), { environment })?.shown).toBe('http://proxy:80')
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

describe('namesHost', () => {
  it('names hosts as curl and Go read NO_PROXY', () => {
    const cases: [string, string, boolean][] = [
      ['*', 'anything', true],
      ['', 'vpn.example.com', false],
      ['example.com', 'vpn.example.com', true],
      ['.example.com', 'example.com', true],
      ['*.example.com', 'vpn.Example.COM', true],
      ['example.com', 'badexample.com', false],
      ['a b,vpn.example.com', 'vpn.example.com', true],
      ['vpn.example.com:443', 'vpn.example.com', true],
      ['vpn.example.com:444', 'vpn.example.com', false],
      ['10.0.0.0/8', '10.1.2.3', true],
      ['10.0.0.0/8', '11.1.2.3', false],
      ['127.0.0.1', '127.0.0.1', true],
      ['::1', '[::1]', true],
      ['[::1]:443', '[::1]', true],
      ['fd00::/8', '[fd12::1]', true],
    ]
    for (const [list, host, named] of cases)
      expect([list, host, namesHost(list, host, 443)]).toEqual([list, host, named])
  })
})

function fromEnvironment(environment: Record<string, string>): string | undefined {
  return chooseProxy(ENDPOINT, { environment })?.shown
}
