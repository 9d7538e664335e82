import type { KeyObject, X509Certificate } from 'node:crypto'
import { nameOf } from './certificates.js'

/** An end's own certificate with its chain, and where it is. */
export interface Chain {
  readonly certificates: readonly X509Certificate[]
  readonly path: string
}

/**
 * That a key is not that of the first certificate, and what to do; undefined if it is.
 *
 * @param keyPath The file of the key.
 */
export function misfit({ certificates, path }: Chain, key: KeyObject, keyPath: string): string | undefined {
  const own = certificates.findIndex((certificate) => certificate.checkPrivateKey(key))
  if (own === 0) return undefined
  if (own > 0) {
    return `${path} has its certificates in the wrong order: number ${own + 1} of ${certificates.length} is that of the key and has to be the first, then its issuer, as in "cat own.pem issuer.pem > ${path}"`
  }
  const compare = `compare "openssl x509 -in ${path} -noout -pubkey" with "openssl pkey -in ${keyPath} -pubout"`
  return `the key ${keyPath} is not that of the certificate '${nameOf(certificates[0]!.subject)}' in ${path}; ${compare}`
}

/** What is odd in a chain: clients may refuse it. */
export function chainRemarks({ certificates, path }: Chain): readonly string[] {
  const at = certificates.findIndex((certificate, index) => {
    const next = certificates[index + 1]
    return next !== undefined && !certificate.checkIssued(next)
  })
  if (at >= 0) {
    const { issuer, subject } = certificates[at]!
    const stranger = `certificate ${at + 2}, '${nameOf(certificates[at + 1]!.subject)}', is not the issuer of '${nameOf(subject)}'`
    return [`${path}: ${stranger}, which is '${nameOf(issuer)}': some clients refuse such an order`]
  }
  const [only] = certificates
  const isAlone = certificates.length === 1 && only!.issuer !== only!.subject
  // Authorities of the public say where their own certificate is to be had, and few who trust them have that.
  if (!isAlone || !only!.infoAccess?.includes('CA Issuers')) return []
  return [
    `${path} has no chain: add the certificate of its issuer '${nameOf(only!.issuer)}', as in certbot's fullchain.pem`,
  ]
}
