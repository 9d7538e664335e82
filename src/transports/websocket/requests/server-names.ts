import { X509Certificate } from 'node:crypto'
import type { SecureContext } from 'node:tls'
import type { TlsSettings } from '../../../core/settings/option-groups.js'
import { secureContext } from '../../dialing/tls-client.js'

/** A certificate, and what has it shown. */
interface Shown {
  readonly certificate: X509Certificate
  /** Undefined if it is the one that is shown by default. */
  readonly context: SecureContext | undefined
}

/** Which of a server's certificates a client is shown, by the name that it asks for (SNI, RFC 6066 section 3). */
export class ServerNames {
  readonly #shown: readonly Shown[]

  /** @throws ConfigError if a pair cannot be used. */
  constructor({ ca, cert, further = [] }: TlsSettings) {
    this.#shown = [
      ...(cert === undefined ? [] : [{ certificate: new X509Certificate(cert), context: undefined }]),
      ...further.map((pair) => ({
        certificate: new X509Certificate(pair.cert),
        context: secureContext({ ...pair, ca }),
      })),
    ]
  }

  /**
   * What shows the first certificate that has the name itself, or else the first that has it by a wildcard; undefined for the default, and
   * for names that none has.
   */
  contextFor(name: string): SecureContext | undefined {
    const named = name.replace(/\.$/, '')
    const by = (wildcards: boolean) =>
      this.#shown.find(
        ({ certificate }) => certificate.checkHost(named, { wildcards, subject: 'never' }) !== undefined,
      )
    return (by(false) ?? by(true))?.context
  }
}
