import type { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import tls from 'node:tls'
import { type Failure, failure } from '../../core/reasons/reason.js'
import { printable } from '../net/printable.js'

/** Certificates of a chain that are looked at; no real one has as many. */
const LONGEST_CHAIN = 16
/** Characters of a name that a message quotes. */
const LONGEST_NAME = 80

/** What is known of a certificate that was refused. */
export interface Refused {
  /** OpenSSL's code, such as `CERT_HAS_EXPIRED`, or Node's. */
  readonly code: string
  /** What Node says of names that do not fit. */
  readonly names?: string | undefined
  /** The server's, with what is known of its issuers; undefined if nobody knows by now. */
  readonly certificate?: X509Certificate | undefined
  /** Milliseconds since 1970. */
  readonly now: number
}

/**
 * Why the certificate of a connection was refused by OpenSSL or for its names. Undefined if it was not.
 *
 * @param name What it was to be for.
 * @param certificate The server's, if somebody asked for it already: Node tells it once (`getPeerX509Certificate`).
 */
export function refusalOfPeer(
  secured: tls.TLSSocket,
  name: string,
  now: number,
  certificate?: X509Certificate,
): Failure | undefined {
  if (secured.authorized) return undefined
  const code = String(secured.authorizationError) // Node has the code there, whatever its types say
  const known = certificate ?? secured.getPeerX509Certificate()
  const names = known && tls.checkServerIdentity(name, known.toLegacyObject())
  return certificateRefusal({
    code,
    names: (names as { readonly reason?: string } | undefined)?.reason,
    certificate: known,
    now,
  })
}

/** Why a certificate was refused, in words. */
export function certificateRefusal({ certificate, code, names, now }: Refused): Failure {
  const chain = chainOf(certificate)
  switch (code) {
    case 'CERT_HAS_EXPIRED': {
      const expired = chain.findIndex(({ validTo }) => Date.parse(validTo) < now)
      if (expired < 1) return failure('certificate-expired', { when: dayBehind(' on', chain[0]?.validTo) })
      const { subject, validTo } = chain[expired]!
      return failure('chain-expired', { name: quoted(subject), when: dayBehind(' on', validTo) })
    }
    case 'CERT_NOT_YET_VALID': {
      const early = chain.find(({ validFrom }) => Date.parse(validFrom) > now)
      return failure('certificate-early', { until: dayBehind('before', early?.validFrom) || 'yet' })
    }
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
      return failure('certificate-self-signed')
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE': {
      const issuer = chain.at(-1)?.issuer
      return failure('certificate-untrusted', {
        issuer: issuer === undefined ? 'an authority' : quoted(issuer),
      })
    }
    case 'CERT_REVOKED':
      return failure('certificate-revoked')
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return failure('certificate-name', { names: printable(names ?? 'none that is known') })
    default:
      return failure('certificate-unusable', { why: printable(code) })
  }
}

/** Whether a certificate is for a name or an address. */
export function isFor(certificate: X509Certificate, name: string): boolean {
  const host = isIP(name) === 0 ? certificate.checkHost(name) : certificate.checkIP(name)
  return host !== undefined
}

/** The certificate and its issuers, as far as they are known. */
function chainOf(certificate: X509Certificate | undefined): readonly X509Certificate[] {
  const chain: X509Certificate[] = []
  for (let next = certificate; next !== undefined && chain.length < LONGEST_CHAIN; ) {
    chain.push(next)
    next = next.issuerCertificate === next ? undefined : next.issuerCertificate
  }
  return chain
}

/** Whom a subject or an issuer names, as a message can hold it. */
export function quoted(name = 'nobody'): string {
  const parts = name.split('\n')
  const told = parts.findLast((part) => part.startsWith('CN=')) ?? parts.join(', ')
  return `'${printable(told).slice(0, LONGEST_NAME)}'`
}

function dayBehind(word: string, date: string | undefined): string {
  return date === undefined ? '' : `${word} ${new Date(date).toISOString().slice(0, 10)}`
}
