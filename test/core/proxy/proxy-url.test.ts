import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { asError } from '../../../src/core/api/errors.js'
import { type ProxyServer, parseProxies } from '../../../src/core/proxy/proxy-url.js'

const PLACEHOLDERS = 'http://DOMAIN%5CUSER:PASSWORD@HOST:PORT'
/** What fast-check makes of it never ends up in a message by chance. */
const SECRET = 'canary-password'

describe('a proxy', () => {
  it.each([
    ['http://proxy', 'http://proxy:80'],
    ['HTTP://Proxy:3128/', 'http://proxy:3128'],
    ['https://proxy', 'https://proxy:443'],
    ['https://proxy:80', 'https://proxy:80'],
    ['socks5://proxy', 'socks5://proxy:1080'],
    ['socks5h://proxy:9', 'socks5://proxy:9'],
    ['socks://[::1]', 'socks5://[::1]:1080'],
    ['proxy:3128', 'http://proxy:3128'],
    ['[2001:DB8::1]:8080', 'http://[2001:db8::1]:8080'],
    ['192.0.2.1:8080', 'http://192.0.2.1:8080'],
    ['user:secret@proxy:3128', 'http://proxy:3128'],
    ['http://bücher.example', 'http://xn--bcher-kva.example:80'],
  ])('may be written as %s', (text, shown) => {
    expect(proxyOf(text)).toMatchObject({ shown })
  })

  it.each([
    ['http://user:secret@proxy', 'user', 'secret'],
    ['http://DOMAIN\\user:secret@proxy', 'DOMAIN\\user', 'secret'],
    ['http://DOMAIN%5Cuser:secret@proxy', 'DOMAIN\\user', 'secret'],
    ['http://a%40b:p%3Aw%2F@proxy', 'a@b', 'p:w/'],
    ['http://user@corp:p@ss:word@proxy', 'user@corp', 'p@ss:word'],
    ['http://user@proxy', 'user', ''],
    ['http://:token@proxy', '', 'token'],
    ['http://us%C3%A9r:pässword@proxy', 'usér', 'pässword'],
  ])('may have the login of %s', (text, user, password) => {
    expect(proxyOf(text).credentials).toEqual({ user, password })
  })

  it('may have an empty login, which is none', () => {
    expect(proxyOf('http://@proxy').credentials).toBeUndefined()
    expect(proxyOf('http://:@proxy').credentials).toBeUndefined()
  })

  it.each([
    ['http://user:can/ary@proxy', "a '/' stands before its '@'; write it as %2F"],
    ['http://user:80/canary@proxy', "a '/' stands before its '@'; write it as %2F"],
    ['http://user:can?ary@proxy:80', "a '?' stands before its '@'; write it as %3F"],
    ['http://user:can#ary@proxy', "a '#' stands before its '@'; write it as %23"],
    ['http://user:canary%x@proxy', "its user or password holds a '%' that begins no escape; write it as %25"],
    ['http://user:canary%@proxy', "its user or password holds a '%' that begins no escape; write it as %25"],
    ['http://user:can%ffary@proxy', 'its user or password holds escapes that are not UTF-8'],
    ['http://user:can ary@proxy', 'its user or password holds a blank; write it as %20'],
    ['http://user:canary%0D%0AX@proxy', 'its user or password holds a control character'],
    ['http://user:canary\ud800@proxy', 'its user or password holds a control character'],
    ['http://', 'it names no host'],
    ['', 'it names no host'],
    ['http://user:canary@', 'it names no host'],
    ['http://user:canary@:80', 'it names no host'],
    ['canary', 'it has neither a scheme nor a port'],
    ['http://canary:65536', 'its port is not within 1 to 65535'],
    ['http://canary:0', 'its port is not within 1 to 65535'],
    ['http://canary:80x', 'its host is neither a name nor an address'],
    ['http://::1', 'its host is neither a name nor an address'],
    ['http://[canary]', 'its host is neither a name nor an address'],
    ['http://can%61ry', 'its host is neither a name nor an address'],
    ['http://user\\canary', 'its host is neither a name nor an address'],
    ['http://canary/path', "a path, a '?' or a '#' follows its host"],
    ['http://canary#fragment', "a path, a '?' or a '#' follows its host"],
    ['socks4://canary', "'socks4://' is not http://, https:// or socks5://"],
    ['canary-password://proxy', 'its scheme is not http://, https:// or socks5://'],
  ])('may not be %j', (text, reason) => {
    const refusal = refusalOf(text)
    expect(refusal).toContain(reason)
    expect(refusal).not.toContain('canary')
  })

  it('may be none', () => {
    expect(parseProxies('none')).toEqual([])
  })

  it('may be a chain of up to four, with a scheme each', () => {
    const chain = ['http://a', 'https://u:p@b', 'socks5://c', 'socks5h://d:9']
    expect(parseProxies(chain.join(' \t ')).map(({ shown }) => shown)).toEqual([
      'http://a:80',
      'https://b:443',
      'socks5://c:1080',
      'socks5://d:9',
    ])
    expect(refusalOf([...chain, 'http://e'].join(' '))).toBe('it is a chain of more than 4 proxies')
    expect(refusalOf('http://a http://b HTTP://a:80')).toBe('it is a chain with a proxy that is in it twice')
    expect(refusalOf('http://a b:1')).toBe(
      'its host is neither a name nor an address, as in http://DOMAIN%5CUSER:PASSWORD@HOST:PORT',
    )
  })

  it('is told the right spelling by placeholders if its login is wrong', () => {
    for (const login of ['user:a/b', 'user:a?b', 'user:a#b', 'user:a%b', 'user:%ff', 'user:a b']) {
      expect(refusalOf(`http://${login}@proxy`)).toContain(PLACEHOLDERS)
    }
  })
})

const anyText = fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => !/[\p{Cc}\p{Cs}]/u.test(text))
/** What may stand in a login as it is. */
const plainText = anyText.map((text) => text.replace(/[/?#%\s]/gu, '_'))
const scheme = fc.constantFrom('http://', 'https://', 'socks5://', 'socks5h://', '')

describe('any proxy', () => {
  it('has the user and the password that were percent-encoded', () => {
    fc.assert(
      fc.property(scheme, anyText, anyText, (prefix, user, password) => {
        const proxy = proxyOf(`${prefix}${encodeURIComponent(user)}:${encodeURIComponent(password)}@h:1`)
        expect(proxy.credentials).toEqual({ user, password })
      }),
    )
  })

  it('has the user and the password as they are if they hold nothing that ends them', () => {
    fc.assert(
      fc.property(scheme, plainText, plainText, (prefix, text, password) => {
        const user = text.replaceAll(':', '_')
        expect(proxyOf(`${prefix}${user}:${password}@h:1`).credentials).toEqual({ user, password })
      }),
    )
  })

  it('is read the same again from its URL', () => {
    fc.assert(
      fc.property(scheme, anyText, anyText, (prefix, user, password) => {
        const proxy = proxyOf(
          `${prefix}${encodeURIComponent(user)}:${encodeURIComponent(password)}@[::1]:8080`,
        )
        expect(proxyOf(proxy.url.href)).toEqual(proxy)
      }),
    )
  })

  it('is refused if anything that ends a place stands in its login, and never shows it', () => {
    const sign = fc.constantFrom('/', '?', '#', '%', '%f', ' ', '%0a', '%00')
    fc.assert(
      fc.property(scheme, plainText, sign, fc.boolean(), (prefix, text, one, ofUser) => {
        const [before, behind] = ofUser ? [`${one}x`, ''] : ['', `${one}x`]
        const refusal = refusalOf(`${prefix}${text}${before}:${SECRET}${behind}@proxy:1`)
        expect(refusal).not.toContain(SECRET)
      }),
    )
  })

  it('that is none says so without a word of it', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const typed = `${text}${SECRET}@${text}`
        try {
          for (const { shown } of parseProxies(typed)) expect(shown).not.toContain(SECRET)
        } catch (thrown) {
          expect(asError(thrown).message).not.toContain(SECRET)
        }
      }),
    )
  })
})

function proxyOf(text: string): ProxyServer {
  const proxies = parseProxies(text)
  expect(proxies).toHaveLength(1)
  return proxies[0]!
}

function refusalOf(text: string): string {
  try {
    parseProxies(text)
  } catch (thrown) {
    return asError(thrown).message
  }
  throw new Error('it was taken')
}
