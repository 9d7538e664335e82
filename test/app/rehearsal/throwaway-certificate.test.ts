import { X509Certificate } from 'node:crypto'
import tls from 'node:tls'
import { expect, it } from 'vitest'
import { throwawayCertificate } from '../../../src/app/rehearsal/throwaway-certificate.js'
import { CertificatePin } from '../../../src/transports/net/certificate-pin.js'

it('signs itself, belongs to its key and pin, and is another one each time', () => {
  const { certificate, key, pin } = throwawayCertificate()
  const parsed = new X509Certificate(certificate)
  expect(parsed.verify(parsed.publicKey)).toBe(true)
  expect(parsed.subject).toBe('CN=rehearsal')
  expect(Date.parse(parsed.validTo)).toBeGreaterThan(Date.now())
  expect(new CertificatePin(pin).fits(parsed)).toBe(true)
  expect(() => tls.createSecureContext({ cert: certificate, key })).not.toThrow()
  expect(throwawayCertificate().key).not.toBe(key)
})
