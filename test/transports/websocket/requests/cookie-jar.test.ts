import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CookieJar } from '../../../../src/transports/websocket/requests/cookie-jar.js'

const HERE = new URL('wss://vpn.example/app/tunnel')

describe('CookieJar', () => {
  function jar(...headers: string[]) {
    const time = { now: Date.UTC(2026, 0, 1) }
    const cookies = new CookieJar(() => time.now)
    cookies.take(HERE, headers)
    return { cookies, time, sent: () => cookies.cookiesFor(HERE) }
  }

  it('sends back what a server set, and a new value in place of the old one', () => {
    const { cookies, sent } = jar('route=1; HttpOnly; Secure', 'SRV="b"; Path=/; SameSite=Lax')
    expect(sent()).toBe('route=1; SRV="b"')
    cookies.take(HERE, ['route=2'])
    expect(sent()).toBe('SRV="b"; route=2')
    expect(jar().sent()).toBeUndefined()
  })

  it('sends it to no other server, by no other scheme, and to no path outside', () => {
    const { cookies } = jar('a=1; Path=/app; Domain=example')
    const to = (url: string) => cookies.cookiesFor(new URL(url))
    for (const url of ['wss://vpn.example/app', 'wss://vpn.example/app/other']) expect(to(url)).toBe('a=1')
    for (const url of [
      'ws://vpn.example/app',
      'wss://vpn.example:444/app',
      'wss://example/app',
      'wss://vpn.example/apple',
      'wss://vpn.example/',
    ]) {
      expect([url, to(url)]).toEqual([url, undefined])
    }
  })

  it('forgets it at its time, or at once', () => {
    const { cookies, sent, time } = jar(
      'a=1; Max-Age=10',
      'b=1; Expires=Thu, 01 Jan 2026 00:01:00 GMT',
      'c=1',
    )
    expect(sent()).toBe('a=1; b=1; c=1')
    cookies.take(HERE, ['c=; Max-Age=0'])
    time.now += 10_000
    expect(sent()).toBe('b=1')
    time.now += 50_000
    expect(sent()).toBeUndefined()
  })

  it('keeps the last 32, of at most 1,024 characters, and nothing that could end a header', () => {
    const { sent } = jar(
      ...Array.from({ length: 40 }, (_, index) => `n${index}=1`),
      `long=${'x'.repeat(1_024)}`,
      'a b=1',
      '=1',
      'none',
      'a=1,2',
      'a=1\r\nX: y',
      'ä=1',
    )
    expect(sent()).toBe(Array.from({ length: 32 }, (_, index) => `n${index + 8}=1`).join('; '))
  })

  it('sends nothing but names and values, whatever it is told', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary-ascii' })), (headers) => {
        expect(jar(...headers).sent() ?? '').toMatch(/^[\x20-\x7e]*$/)
      }),
    )
  })
})
