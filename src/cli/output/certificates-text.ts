import type { ShownCertificate } from '../../app/carriers/shown-certificates.js'

/** Names of a certificate that are shown. */
const MOST_NAMES = 3

/** Which certificates are shown to whom, as lines; none if nobody is shown any. */
export function certificatesText(certificates: readonly ShownCertificate[] = []): string[] {
  return certificates.map(({ names, until }, index) => {
    const more = names.length > MOST_NAMES ? ` and ${names.length - MOST_NAMES} more` : ''
    const others = certificates.length > 1 && index === 0 ? ', to those who ask for no other name' : ''
    return `certificate for ${names.slice(0, MOST_NAMES).join(', ')}${more}, until ${until.slice(0, 10)}${others}`
  })
}
