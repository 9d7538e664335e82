import { describe, expect, it } from 'vitest'
import { parseChallenges } from '../../../src/transports/proxy/challenges.js'
import { answerDigest, strongestDigest } from '../../../src/transports/proxy/digest.js'

const MUFASA = { user: 'Mufasa', password: 'Circle of Life' }
/** RFC 7616 section 3.9.1 */
const RFC_7616 =
  'Digest realm="http-auth@example.org", qop="auth, auth-int", nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
const CLIENT_NONCE = 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ'

describe('answerDigest', () => {
  it('answers the SHA-256 challenge of RFC 7616 section 3.9.1', () => {
    expect(answer(`${RFC_7616}, algorithm=SHA-256`)).toBe(
      `Digest username="Mufasa", realm="http-auth@example.org", nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", uri="/dir/index.html", response="753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1", algorithm=SHA-256, qop=auth, nc=00000001, cnonce="${CLIENT_NONCE}", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"`,
    )
  })

  it('answers its MD5 challenge', () => {
    expect(answer(`${RFC_7616}, algorithm=MD5`)).toContain('response="8ca523f5e9506fed4657c9700eebdbec"')
  })

  it('takes a challenge without an algorithm for MD5', () => {
    expect(answer(RFC_7616)).toContain('response="8ca523f5e9506fed4657c9700eebdbec"')
  })

  it('answers a challenge without qop as RFC 2069 section 2.4 does (erratum 749)', () => {
    const challenge = 'Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"'
    const header = answer(challenge, { user: 'Mufasa', password: 'CircleOfLife' })
    expect(header).toContain('response="1949323746fe6a43ef61f9606e7febea"')
    expect(header).not.toContain('cnonce')
  })

  it('quotes what a user name has of quotes', () => {
    expect(answer(RFC_7616, { user: 'a"b\\c', password: '' })).toContain('username="a\\"b\\\\c"')
  })
})

describe('strongestDigest', () => {
  it('prefers SHA-256 to MD5, and both to what cannot be answered', () => {
    const offers = ['MD5', 'SHA-256', 'SHA-512-256'].map((name) => `Digest nonce="1", algorithm=${name}`)
    expect(strongestDigest(parseChallenges(offers))?.parameters.get('algorithm')).toBe('SHA-256')
  })

  it('finds none where only auth-int, an unknown algorithm or no nonce is offered', () => {
    const offers = [
      'Digest nonce="1", qop="auth-int"',
      'Digest nonce="1", algorithm=WHIRLPOOL',
      'Digest realm="x"',
    ]
    expect(strongestDigest(parseChallenges(offers))).toBeUndefined()
  })
})

function answer(header: string, credentials = MUFASA): string {
  const challenge = strongestDigest(parseChallenges([header]))!
  return answerDigest(challenge, credentials, {
    method: 'GET',
    uri: '/dir/index.html',
    clientNonce: CLIENT_NONCE,
    count: 1,
  })
}
