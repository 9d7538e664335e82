import type { TLSSocket } from 'node:tls'
import type { Fields } from '../../core/api/logger.js'
import { quoted } from './certificate-refusal.js'

/** What lines of the level debug tell of TLS: version, cipher suite, what is spoken inside, whose certificate, who signed it. */
export function tlsFacts(secured: TLSSocket): Fields {
  const { issuer, subject, subjectAltName } = secured.getPeerX509Certificate() ?? {}
  return {
    version: secured.getProtocol(),
    suite: secured.getCipher().standardName,
    alpn: secured.alpnProtocol || 'none',
    name: quoted(subject || subjectAltName || ''),
    signedBy: quoted(issuer ?? ''),
  }
}
