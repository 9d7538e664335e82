import 'reflect-metadata' // what the package below is registered by
import { webcrypto, X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import {
  BasicConstraintsExtension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509'
import { pinOf } from './pin.js'

/** What browsers and OpenSSL take, the fastest to sign with. RFC 5480 */
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
/** Milliseconds before now at which it begins, for clocks that are behind. */
const EARLIER = 24 * 60 * 60 * 1_000
/** Years. Clients that pin the key do not ask for dates; others would have to trust it by hand anyway. */
const YEARS = 20

/** A certificate that nobody vouches for, and what proves it to clients. */
export interface SelfSigned {
  /** PEM. */
  readonly certificate: string
  /** PEM (PKCS#8). */
  readonly key: string
  readonly pin: string
}

/**
 * Makes a key and a certificate for a host, signed by itself.
 *
 * @param host A name or an address.
 * @param now Milliseconds since 1970.
 */
export async function makeSelfSigned(host: string, now: number): Promise<SelfSigned> {
  const { subtle } = webcrypto
  const keys = await subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
  const end = new Date(now)
  end.setUTCFullYear(end.getUTCFullYear() + YEARS)
  const made = await X509CertificateGenerator.createSelfSigned(
    {
      name: [{ CN: ['Qanat'] }],
      notBefore: new Date(now - EARLIER),
      notAfter: end,
      signingAlgorithm: ALGORITHM,
      keys,
      extensions: [
        new SubjectAlternativeNameExtension([{ type: isIP(host) === 0 ? 'dns' : 'ip', value: host }]),
        new BasicConstraintsExtension(false, undefined, true),
      ],
    },
    webcrypto as never, // the types of browsers, which are not here, and mean the same
  )
  const certificate = `${made.toString('pem')}\n`
  const der = Buffer.from(await subtle.exportKey('pkcs8', keys.privateKey)).toString('base64')
  const lines = der.match(/.{1,64}/g)!
  return {
    certificate,
    key: `-----BEGIN PRIVATE KEY-----\n${lines.join('\n')}\n-----END PRIVATE KEY-----\n`,
    pin: pinOf(new X509Certificate(certificate).publicKey),
  }
}
