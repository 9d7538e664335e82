import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { loginPageIn, type OddAnswer } from '../../../src/transports/portal/login-page.js'

const ENDPOINT = new URL('ws://me:canary-password@vpn.example.org:8080/door?token=canary-token')

const seen = (answer: OddAnswer, isProven = false, url = ENDPOINT) =>
  loginPageIn(answer, { asked: 'the upgrade', url, isProven })
const redirect = (location?: string, statusCode = 302) =>
  seen({ statusCode, headers: location === undefined ? {} : { location } })
const page = (type: string, statusCode = 200) => seen({ statusCode, headers: { 'content-type': type } })

describe('an answer in place of the one of the server', () => {
  it.each([301, 302, 303, 307, 308])('is of a login page if it is a %d to another host', (status) => {
    expect(redirect('http://login.hotel.example/?mac=1', status)).toEqual({
      code: 'portal-redirect',
      text: 'a login page is in the way: the upgrade was sent on to login.hotel.example',
      page: 'http://login.hotel.example/?mac=1',
    })
  })

  it('is of none if a server sends visitors on to itself, by TLS, or to a name beside its own', () => {
    for (const location of [
      '/login',
      'https://vpn.example.org/',
      'http://www.vpn.example.org/',
      'http://example.org',
    ])
      expect(redirect(location)).toBeUndefined()
    expect(redirect('http://notexample.org/')).toMatchObject({ code: 'portal-redirect' })
    const address = new URL('ws://192.0.2.1/')
    expect(seen({ statusCode: 302, headers: { location: 'http://2.1/' } }, false, address)).toBeDefined()
  })

  it('is of one without an address if it leads nowhere, to a script or too far, or repeats a secret', () => {
    const nowhere = ['javascript:alert(1)', 'file:///etc/passwd', 'http://', 'data:text/html,x', undefined]
    for (const location of nowhere) {
      const told = redirect(location)
      expect(told).toEqual({
        code: 'portal-redirect',
        text: expect.stringMatching(/sent on to no web page$/),
      })
    }
    for (const echo of [
      '?to=http%3A%2F%2Fvpn%2F%3Ftoken%3Dcanary-token',
      '?p=canary-password',
      '?q=canary%2Dtoken',
    ]) {
      const told = redirect(`http://portal.example/${echo}`)
      expect(told).toMatchObject({ code: 'portal-redirect' })
      expect(JSON.stringify(told)).not.toMatch(/canary|"page"/)
    }
    const host = redirect('http://canary-token.portal.example/')
    expect(JSON.stringify(host)).not.toMatch(/canary|"page"/)
    const others = [new URL('http://anna:canary-other@proxy')]
    const ours = { asked: 'a post', url: new URL('http://vpn/'), others, isProven: false }
    for (const location of ['http://canary-other.example/', 'http://x.example/YW5uYTpjYW5hcnktb3RoZXI=']) {
      const told = loginPageIn({ statusCode: 302, headers: { location } }, ours)
      expect(told).toMatchObject({ code: 'portal-redirect' })
      expect(JSON.stringify(told)).not.toMatch(/canary|"page"/)
    }
    expect(redirect(`http://portal.example/${'a'.repeat(2_048)}`)).not.toHaveProperty('page')
  })

  it('tells an address in ASCII, without a user and a password', () => {
    expect(redirect('http://u:p@pörtal.example/ü\u001b[2J')?.page).toBe(
      'http://xn--prtal-jua.example/%C3%BC%1B[2J',
    )
  })

  it('is of one if it is 511, whoever proved what, and if it is a web page', () => {
    expect(seen({ statusCode: 511, headers: {} }, true)).toMatchObject({ code: 'portal-status' })
    expect(page('text/html; charset=utf-8')).toMatchObject({ code: 'portal-page' })
    expect(page('application/xhtml+xml')).toMatchObject({ code: 'portal-page' })
  })

  it('is of none if a server refuses by a web page, answers something else, or proved that it is it', () => {
    expect(page('text/html', 404)).toBeUndefined()
    expect(page('application/octet-stream')).toBeUndefined()
    expect(seen({ statusCode: 302, headers: { location: 'http://elsewhere/' } }, true)).toBeUndefined()
    expect(seen({ statusCode: 200, headers: { 'content-type': 'text/html' } }, true)).toBeUndefined()
    expect(seen({ headers: {} })).toBeUndefined()
  })

  it('never makes it say more than a short line of printable ASCII, and an address as printable', () => {
    const headers = fc.record(
      {
        location: fc.oneof(fc.string(), fc.webUrl(), fc.string({ unit: 'binary' })),
        'content-type': fc.string(),
      },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(fc.constantFrom(200, 302, 511), headers, (statusCode, headers) => {
        const told = seen({ statusCode, headers })
        if (told === undefined) return
        expect(told.text).toMatch(/^[\x20-\x7e]{1,260}$/)
        if (told.page !== undefined) expect(told.page).toMatch(/^https?:\/\/[\x21-\x7e]{1,2048}$/)
      }),
    )
  })
})
