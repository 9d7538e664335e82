import { describe, expect, it } from 'vitest'
import { namesPac, parsePac } from '../../../src/core/proxy/pac-place.js'

describe('parsePac', () => {
  it.each([
    [
      'pac+https://pac.example/proxy.pac',
      'https://pac.example/proxy.pac',
      undefined,
      'pac+https://pac.example/proxy.pac',
    ],
    [
      'PAC+HTTP://pac.example:8080/?token=secret#a',
      'http://pac.example:8080/?token=secret',
      undefined,
      'pac+http://pac.example:8080/',
    ],
    ['pac+file:///etc/proxy.pac', undefined, '/etc/proxy.pac', 'pac+file:/etc/proxy.pac'],
    ['pac+file:a%20b.pac', undefined, 'a b.pac', 'pac+file:a%20b.pac'],
  ])('reads %s', (text, url, path, shown) => {
    expect(namesPac(text)).toBe(true)
    const place = parsePac(text)
    expect([place.url?.href, place.path, place.shown, place.logins]).toEqual([url, path, shown, []])
  })

  it('reads the logins behind it', () => {
    const { logins } = parsePac('pac+https://pac.example/ http://a:b@c:1 socks5://d:e@f')
    expect(logins.map(({ shown, credentials }) => [shown, credentials])).toEqual([
      ['http://c:1', { user: 'a', password: 'b' }],
      ['socks5://f:1080', { user: 'd', password: 'e' }],
    ])
  })

  it.each([
    ['pac+ftp://pac.example/', 'is not named as'],
    ['pac+https:pac.example', 'at no URL'],
    ['pac+https:///proxy.pac', 'at no URL'],
    ['pac+https://', 'at no URL'],
    ['pac+https://user:secret@pac.example/', 'a login stands before the host'],
    ['pac+https://pac.example:0/', 'not within 1 to 65535'],
    ['pac+file:', 'has no path on this host'],
    ['pac+file://host/secret', 'has no path on this host'],
    ['pac+file:%se', "holds a '%'"],
    ['pac+file:%00', "holds a '%'"],
    ['pac+https://pac.example/ http://secret:1', 'without a login'],
    [`pac+https://pac.example/${' http://a:secret@b:1'.repeat(5)}`, 'more than 4'],
    ['pac+https://pac.example/ http://a:s/ecret@b', 'stands before its'],
  ])('refuses %s', (text, why) => {
    expect(() => parsePac(text)).toThrow(why)
    expect(() => parsePac(text)).not.toThrow(/secret/)
  })
})
