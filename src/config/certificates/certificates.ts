import { X509Certificate } from 'node:crypto'
import { asError } from '../../core/api/errors.js'
import { besides, readPem } from './pem.js'

/** What stands at the beginning of a certificate. The last one names what OpenSSL adds of its own. */
const LABELS: readonly string[] = ['CERTIFICATE', 'X509 CERTIFICATE', 'TRUSTED CERTIFICATE']
/** What files hold that somebody takes for one with a certificate, by the end of its label. */
const OTHERS: readonly (readonly [ending: string, what: (path: string) => string])[] = [
  ['PRIVATE KEY', () => 'holds a private key and no certificate'],
  ['PUBLIC KEY', () => 'holds a public key and no certificate'],
  [
    'CERTIFICATE REQUEST',
    (path) =>
      `holds a request that no authority has signed yet (see "openssl req -in ${path} -noout -text"), and no certificate`,
  ],
  [
    'PKCS7',
    (path) =>
      `holds PKCS#7 and no certificate; run "openssl pkcs7 -print_certs -in ${path} -out ${besides(path)}"`,
  ],
]
/** Characters of a name that a message quotes. */
const LONGEST_NAME = 80

/**
 * The certificates of a file, in their order; at least one.
 *
 * @throws Error that says what the file holds instead, and the command that mends it.
 */
export function readCertificates(bytes: Uint8Array, path: string): readonly X509Certificate[] {
  const blocks = readPem(bytes, path, 'certificate')
  const pems = blocks.filter(({ label }) => LABELS.includes(label))
  if (pems.length === 0) {
    const { label } = blocks[0]!
    const other = OTHERS.find(([ending]) => label.endsWith(ending))?.[1](path)
    throw new Error(`${path} ${other ?? `holds '${label}' and no certificate`}`)
  }
  return pems.map(({ text }, index) => {
    try {
      return new X509Certificate(text)
    } catch (thrown) {
      const which = pems.length === 1 ? 'its certificate' : `certificate ${index + 1} of ${pems.length}`
      const why = asError(thrown).message
      throw new Error(
        `${path}: ${which} cannot be read (${why}); see "openssl storeutl -noout -text -certs ${path}"`,
      )
    }
  })
}

/** The names of servers that a certificate is for, in lower case, wildcards among them. */
export function serverNames({ subjectAltName = '' }: X509Certificate): readonly string[] {
  return [...subjectAltName.matchAll(/(?:^|, )DNS:([^,"]+)/g)].map(([, name]) => name!.toLowerCase())
}

/** The text of certificates that a TLS context takes. */
export function textOf(certificates: readonly X509Certificate[]): string {
  return certificates.map(String).join('')
}

/** Whom a subject or an issuer names, in one line. */
export function nameOf(lines: string): string {
  const parts = lines.split('\n')
  const name = parts.findLast((part) => part.startsWith('CN=')) ?? parts.join(', ')
  const shown = name.replace(/[^\x20-\x7e]+/g, ' ').trim()
  return shown.length > LONGEST_NAME ? `${shown.slice(0, LONGEST_NAME)}…` : shown || 'without a name'
}

/** That a certificate of a file is not valid at `now`, and what to do; undefined if it is. */
export function outOfDate(certificate: X509Certificate, path: string, now: number): string | undefined {
  const { subject, validFrom, validTo } = certificate
  const shown = `${path}: the certificate '${nameOf(subject)}'`
  const see = `see "openssl x509 -in ${path} -noout -dates"`
  if (Date.parse(validTo) < now) return `${shown} expired on ${dayOf(validTo)}; renew it (${see})`
  if (Date.parse(validFrom) > now)
    return `${shown} is not valid before ${dayOf(validFrom)}; is the clock right? (${see})`
  return undefined
}

function dayOf(text: string): string {
  return new Date(text).toISOString().slice(0, 10)
}
