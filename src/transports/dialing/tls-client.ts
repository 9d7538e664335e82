import { isIP, type Socket } from 'node:net'
import tls from 'node:tls'
import { asError, ConfigError } from '../../core/api/errors.js'
import { type Failure, failure } from '../../core/reasons/reason.js'
import type { TlsSettings } from '../../core/settings/option-groups.js'
import { CertificatePin } from '../net/certificate-pin.js'
import { abortable } from '../net/within.js'
import { tapClient } from '../tls/handoff/taps.js'
import { TlsTap } from '../tls/handoff/tls-tap.js'
import { inOrderOfCost } from '../tls/suites.js'
import { isFor, quoted, refusalOfPeer } from './certificate-refusal.js'
import { tlsFailure } from './tls-failure.js'

/** Protocols of endpoints that are reached by TLS. */
export const SECURE: ReadonlySet<string> = new Set(['wss:', 'https:'])

/** Why a certificate is refused whose issuers nobody vouches for. */
const UNTRUSTED: ReadonlySet<string | undefined> = new Set([
  'certificate-self-signed',
  'certificate-untrusted',
])

/** What is spoken inside, said to the server by ALPN as browsers do. RFC 7301 */
const HTTP1 = ['http/1.1']
const HTTP2_OR_1 = ['h2', 'http/1.1']

/** The client's side of TLS. */
export class TlsClient {
  readonly #context: tls.SecureContext
  readonly #pin: CertificatePin | undefined
  readonly #serverName: string | undefined
  /** Whether issuer, name and dates are asked: always but where the pin alone is the proof. */
  readonly #verifies: boolean
  /** Whether the configuration says who signs. */
  readonly #hasAuthorities: boolean

  /** @throws ConfigError if a certificate, a key or the pin cannot be read. */
  constructor(settings: TlsSettings = {}) {
    this.#context = secureContext(settings)
    this.#pin = settings.pin === undefined ? undefined : new CertificatePin(settings.pin)
    this.#serverName = settings.serverName
    this.#hasAuthorities = settings.ca !== undefined
    this.#verifies = this.#pin === undefined || this.#hasAuthorities
  }

  /**
   * Speaks TLS over a connected socket, which is destroyed if that fails.
   *
   * @param host The server's name or address, without brackets.
   * @param how.tapped Whether the connection is to be taken over from Node later.
   * @param how.http2 Whether HTTP/2 is offered, before HTTP/1.1.
   * @throws Failure that says what is wrong with the server's certificate.
   */
  async secure(
    socket: Socket,
    host: string,
    signal: AbortSignal,
    { tapped = false, http2 = false } = {},
  ): Promise<tls.TLSSocket> {
    const name = this.#serverName ?? host
    const tap = tapped ? new TlsTap(socket) : undefined
    const secured = tls.connect({
      socket: (tap ?? socket) as Socket, // any Duplex will do, as Node's documentation says
      host: name,
      ...(isIP(name) === 0 && { servername: name }),
      secureContext: this.#context,
      rejectUnauthorized: false, // it is refused below, while Node still has the chain
      ALPNProtocols: http2 ? HTTP2_OR_1 : HTTP1,
    })
    if (tap !== undefined) tapClient(secured, tap)
    try {
      await abortable<void>(signal, (resolve, reject) => {
        const close = () => reject(failure('tls-closed'))
        secured.on('error', reject).once('close', close).once('secureConnect', resolve)
        return () => secured.removeListener('close', close)
      })
      const refusal = this.#verifies ? this.#refusal(secured, name) : undefined
      if (refusal !== undefined) throw refusal
      this.#checkPin(secured, name)
      return secured
    } catch (thrown) {
      secured.destroy()
      socket.destroy()
      throw signal.aborted ? thrown : tlsFailure(thrown)
    }
  }

  /** What shows a certificate of nobody who is trusted, and for another name, is no server that renewed its own. */
  #refusal(secured: tls.TLSSocket, name: string): Failure | undefined {
    if (secured.authorized) return undefined
    const certificate = secured.getPeerX509Certificate()
    const refusal = refusalOfPeer(secured, name, Date.now(), certificate)
    const isStranger =
      UNTRUSTED.has(refusal?.reason) && certificate !== undefined && !isFor(certificate, name)
    if (!this.#hasAuthorities || !isStranger) return refusal
    const issuer = quoted(certificate.issuer)
    return failure('portal-certificate', { why: `it is signed by ${issuer}, and for another name` })
  }

  #checkPin(secured: tls.TLSSocket, name: string): void {
    if (this.#pin === undefined) return
    const certificate = secured.getPeerX509Certificate()
    if (certificate !== undefined && this.#pin.fits(certificate)) return
    // Its own pin is not told: whoever is in between would have it pasted.
    const issuer = certificate === undefined ? 'nobody' : quoted(certificate.issuer)
    if (certificate === undefined || isFor(certificate, name)) throw failure('certificate-pin', { issuer })
    throw failure('portal-certificate', {
      why: `it is signed by ${issuer}, for another name, and does not match the pin`,
    })
  }
}

/** Certificates as OpenSSL begins them. */
const CERTIFICATE = /-----BEGIN (X509 |TRUSTED )?CERTIFICATE-----/

/**
 * Certificates and keys for either side.
 *
 * @throws ConfigError if they cannot be read or do not belong together.
 */
export function secureContext({ ca, cert, key }: TlsSettings): tls.SecureContext {
  // An empty text would stand for the authorities that everybody trusts.
  if (ca !== undefined && !CERTIFICATE.test(ca)) {
    throw new ConfigError('Cannot use the TLS authorities: there is no certificate among them', {
      code: 'ERR_CONFIG_VALUE',
    })
  }
  try {
    return tls.createSecureContext({
      ca,
      cert,
      key,
      ciphers: inOrderOfCost(tls.DEFAULT_CIPHERS),
      minVersion: 'TLSv1.2',
    })
  } catch (thrown) {
    throw new ConfigError(`Cannot use the TLS certificate or key: ${asError(thrown).message}`, {
      code: 'ERR_CONFIG_VALUE',
    })
  }
}
