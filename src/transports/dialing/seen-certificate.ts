import type { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import tls from 'node:tls'
import { bareHost } from '../../core/ip/bare-host.js'
import { failure } from '../../core/reasons/reason.js'
import { systemClock } from '../../core/time/system-clock.js'
import { dialError } from '../net/dial-error.js'
import { endpointPort } from '../net/endpoint-port.js'
import { abortable } from '../net/within.js'
import { PacFiles } from '../pac/pac-files.js'
import { ProxyLogins } from '../proxy/proxy-logins.js'
import { refusalOfPeer } from './certificate-refusal.js'
import { Dialer } from './dialer.js'
import { plainEgress } from './plain-egress.js'
import { tlsFailure } from './tls-failure.js'

/** Milliseconds for all of it. */
const LIMIT = 30_000

/** What a server shows to those who come by this network. */
export interface SeenCertificate {
  readonly certificate: X509Certificate
  /** Why it would be refused without a pin; undefined if it would not. */
  readonly refusal: string | undefined
}

/**
 * Asks a server for its certificate, through a proxy if the environment names one, and sends nothing else.
 *
 * @throws QanatError if there is no TLS server, or none that can be reached.
 */
export async function seenCertificate(
  endpoint: URL,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<SeenCertificate> {
  const signal = AbortSignal.timeout(LIMIT)
  const host = bareHost(endpoint.hostname)
  const parts = {
    clock: systemClock,
    egress: plainEgress,
    proxyLogins: new ProxyLogins(systemClock),
    pacFiles: new PacFiles(systemClock),
    native: undefined,
    tune: () => {},
  }
  const dialer = new Dialer({ localPort: 0, proxy: { environment } }, parts)
  try {
    const carrier = new URL(`tcp://${endpoint.hostname}:${endpointPort(endpoint)}`)
    const socket = await dialer.open(carrier, { signal, step() {} })
    try {
      const secured = tls.connect({
        ...{ socket, host, rejectUnauthorized: false },
        ...(isIP(host) === 0 && { servername: host }),
      })
      await abortable<void>(signal, (resolve, reject) => {
        const closed = () => reject(failure('tls-closed'))
        secured.on('error', reject).once('close', closed).once('secureConnect', resolve)
        return () => secured.removeListener('close', closed)
      }).catch((thrown) => {
        throw signal.aborted ? thrown : tlsFailure(thrown)
      })
      const certificate = secured.getPeerX509Certificate()
      if (certificate === undefined) throw failure('tls-failed', { why: 'it shows no certificate' })
      const refusal = refusalOfPeer(secured, host, systemClock.wall(), certificate)
      return { certificate, refusal: refusal?.message }
    } finally {
      socket.destroy()
    }
  } catch (thrown) {
    throw dialError(endpoint, thrown)
  }
}
