import { X509Certificate } from 'node:crypto'
import type { TunnelConfig } from '../../core/api/config.js'
import type { TraitsOf } from '../../core/api/transport.js'
import { schemeOf } from '../../core/settings/scheme.js'

/** A certificate that clients are shown over TLS. */
export interface ShownCertificate {
  /** The names and addresses that it is for, wildcards among them. */
  readonly names: readonly string[]
  /** When it expires, ISO 8601. */
  readonly until: string
}

/** The certificates of a tunnel that listens by TLS, that which is shown by default first; none if nobody is shown any. */
export function shownCertificates(
  { listen, transports }: Pick<TunnelConfig, 'listen' | 'transports'>,
  traits: TraitsOf,
): readonly ShownCertificate[] {
  const { cert, further = [] } = transports?.groups?.tls ?? {}
  const isShown = listen.some(({ protocol }) => traits(protocol).certified?.includes(schemeOf(protocol)))
  if (cert === undefined || !isShown) return []
  return [cert, ...further.map((pair) => pair.cert)].map((text) => {
    const { subject, subjectAltName = '', validTo } = new X509Certificate(text)
    const names = [...subjectAltName.matchAll(/(?:^|, )(?:DNS|IP Address):([^,"]+)/g)].map(
      ([, name]) => name!,
    )
    return {
      names: names.length > 0 ? names : [subject.replace(/\s+/g, ' ')],
      until: new Date(validTo).toISOString(),
    }
  })
}
