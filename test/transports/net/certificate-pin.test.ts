import { createHash, X509Certificate } from 'node:crypto'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { TestAuthority } from '../../../lab/certificates.js'
import { CertificatePin } from '../../../src/transports/net/certificate-pin.js'

const certificate = new X509Certificate(new TestAuthority().ca)

it('a pin is read as it is written, also if its base64 begins with a slash', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 4, maxLength: 4 }), (key) => {
      const hash = createHash('sha256').update(key).digest()
      const mine = { publicKey: { export: () => key } } as unknown as X509Certificate
      const base64 = hash.toString('base64')
      for (const text of [base64, base64.slice(0, -1), hash.toString('hex')]) {
        for (const prefix of ['', 'sha256/', 'sha256//']) {
          const pin = new CertificatePin(prefix + text)
          expect(pin.fits(mine)).toBe(true)
          expect(pin.fits(certificate)).toBe(false)
        }
      }
    }),
    { numRuns: 1_000 },
  )
})
