import { describe, expect, it } from 'vitest'
import { TestAuthority } from '../../../lab/certificates.js'
import { secureContext, TlsClient } from '../../../src/transports/dialing/tls-client.js'

const authority = new TestAuthority()

describe('authorities', () => {
  it.each([
    ['an empty text', ''],
    ['nothing but lines', '\n \n'],
    ['a key', authority.issue('example.org').key],
  ])('that are none are refused and stand for nobody else: %s', (_what, ca) => {
    const why = 'Cannot use the TLS authorities: there is no certificate among them'
    expect(() => new TlsClient({ ca })).toThrow(why)
    expect(() => secureContext({ ca })).toThrow(why)
  })
})
