import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseChallenges } from '../../../src/transports/proxy/challenges.js'

describe('parseChallenges', () => {
  it('reads the example of RFC 9110 section 11.6.1', () => {
    const header = 'Basic realm="simple", Newauth realm="apps", type=1, title="Login to \\"apps\\""'
    expect(read(header)).toEqual([
      ['basic', { realm: 'simple' }],
      ['newauth', { realm: 'apps', type: '1', title: 'Login to "apps"' }],
    ])
  })

  it('reads several headers, commas in quotes and names in any case', () => {
    expect(read('Digest realm="a, b", QOP="auth,auth-int", algorithm=SHA-256', 'NTLM', 'Negotiate')).toEqual([
      ['digest', { realm: 'a, b', qop: 'auth,auth-int', algorithm: 'SHA-256' }],
      ['ntlm', {}],
      ['negotiate', {}],
    ])
  })

  it('skips the token of a scheme that has one', () => {
    expect(read('NTLM TlRMTVNTUAACAAAA==, Basic realm="x"')).toEqual([
      ['ntlm', {}],
      ['basic', { realm: 'x' }],
    ])
  })

  it('skips what is no challenge and never throws', () => {
    expect(read(', ,, realm="of nobody", "loose", Basic')).toEqual([['basic', {}]])
    fc.assert(fc.property(fc.array(fc.string()), (headers) => void parseChallenges(headers)))
  })

  it('takes linear time over a header made to take long', () => {
    const headers = [
      '"'.repeat(99_999),
      `Digest ${'a='.repeat(50_000)}`,
      `x${' '.repeat(99_999)}`,
      '\\"'.repeat(50_000),
    ]
    expect(parseChallenges(headers).length).toBeLessThan(headers.length)
  })
})

function read(...headers: string[]) {
  return parseChallenges(headers).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)])
}
