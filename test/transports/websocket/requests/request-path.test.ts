import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isSamePath, requestPath } from '../../../../src/transports/websocket/requests/request-path.js'

describe('requestPath', () => {
  it('is that of a path or a URL, without the query', () => {
    for (const [target, path] of [
      ['/tunnel', '/tunnel'],
      ['/tunnel?x=http://a/b', '/tunnel'],
      ['http://vpn.test:9201/tunnel?x', '/tunnel'],
      ['HTTPS://vpn.test/tunnel', '/tunnel'],
      ['ws://user@vpn.test/tunnel', '/tunnel'],
      ['http://vpn.test', '/'],
      ['http://vpn.test?x', '/'],
      ['/http://vpn.test/tunnel', '/http://vpn.test/tunnel'],
      ['*', '*'],
      [undefined, '/'],
    ] as const) {
      expect([target, requestPath(target)]).toEqual([target, path])
    }
  })
})

describe('isSamePath', () => {
  it('is so if only octets that mean nothing else are encoded differently', () => {
    for (const [one, other, same] of [
      ['/tunnel', '/tunnel', true],
      ['/%74unnel', '/tunnel', true],
      ['/a%20b%c3%a4', '/a%20b%C3%A4', true],
      ['/~me', '/%7Eme', true],
      ['/a@b:c', '/a%40b%3ac', true],
      ['/tunnel', '/tunnel/', false],
      ['/tunnel', '/Tunnel', false],
      ['/a%2fb', '/a/b', false],
      ['/a%2fb', '/a%2Fb', true],
      ['/%2574unnel', '/tunnel', false],
      ['/tunnel%', '/tunnel%', true],
      ['/%zz', '/%yy', false],
      ['/./tunnel', '/tunnel', false],
    ] as const) {
      expect([one, other, isSamePath(one, other)]).toEqual([one, other, same])
    }
  })

  it('holds for each path with any of its octets encoded', () => {
    fc.assert(
      fc.property(fc.webPath(), fc.array(fc.boolean(), { minLength: 1, size: 'large' }), (path, which) => {
        const encoded = path.replace(/(?<!%[0-9a-f]?)[^%/]/gi, (octet, at: number) =>
          which[at % which.length] ? `%${octet.charCodeAt(0).toString(16).padStart(2, '0')}` : octet,
        )
        expect(isSamePath(encoded, path)).toBe(true)
      }),
    )
  })
})
