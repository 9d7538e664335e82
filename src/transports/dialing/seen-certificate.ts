import type { X509Certificate } from 'node:crypto'
import http from 'node:http'
import { isIP } from 'node:net'
import tls from 'node:tls'
import { bareHost } from '../../core/ip/bare-host.js'
import { failure } from '../../core/reasons/reason.js'
import { abortedWith } from '../../core/time/aborted-with.js'
import { systemClock } from '../../core/time/system-clock.js'
import { dialError } from '../net/dial-error.js'
import { endpointPort } from '../net/endpoint-port.js'
import { abortable } from '../net/within.js'
import { PacFiles } from '../pac/pac-files.js'
import { loginPageIn, type OddAnswer } from '../portal/login-page.js'
import { ProxyLogins } from '../proxy/proxy-logins.js'
import { isFor, quoted, refusalOfPeer } from './certificate-refusal.js'
import { Dialer } from './dialer.js'
import { plainEgress } from './plain-egress.js'
import { tlsFailure } from './tls-failure.js'

/** Milliseconds for all of it. */
const LIMIT = 30_000
/** Milliseconds for the answer to what is asked then, and bytes of its headers. */
const PAGE_LIMIT = 5_000
const MAX_HEADERS = 16_384

/** What a server shows to those who come by this network. */
export interface SeenCertificate {
  readonly certificate: X509Certificate
  /** Why it would be refused without a pin; undefined if it would not. */
  readonly refusal: string | undefined
  /** Why a login page, or somebody in between, shows it rather than the server; undefined if nothing says so. */
  readonly suspicion: string | undefined
}

/**
 * Asks a server for its certificate, through a proxy if the environment names one. If nobody vouches for
 * it, asks for a page as well, since login pages answer for any host; sends nothing else.
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
      const suspicion = refusal && (await suspicionOf(secured, endpoint, certificate, signal))
      return { certificate, refusal: refusal?.message, suspicion }
    } finally {
      socket.destroy()
    }
  } catch (thrown) {
    throw dialError(endpoint, thrown)
  }
}

/** A name that is not its own, or an answer as login pages give it. */
async function suspicionOf(
  secured: tls.TLSSocket,
  endpoint: URL,
  certificate: X509Certificate,
  signal: AbortSignal,
): Promise<string | undefined> {
  const host = bareHost(endpoint.hostname)
  const answer = await answerOver(secured, endpoint, signal)
  const question = { asked: 'a request', url: endpoint, isProven: false }
  const page = answer && loginPageIn(answer, question)
  const isOwn = isFor(certificate, host)
  // Whoever serves visitors a page of his own by a certificate for his own name is no login page.
  if (page !== undefined && !(isOwn && page.code === 'portal-page')) return page.text
  if (isOwn) return undefined
  const { subject, subjectAltName } = certificate
  return `the certificate is not for ${host} but for ${quoted(subjectAltName ?? subject)}, as those of login pages are`
}

/** What is answered to the simplest request; undefined if nothing of HTTP is. */
async function answerOver(
  socket: tls.TLSSocket,
  { host }: URL,
  signal: AbortSignal,
): Promise<OddAnswer | undefined> {
  const bounded = abortedWith([signal, AbortSignal.timeout(PAGE_LIMIT)])
  const asked = abortable<OddAnswer>(bounded.signal, (resolve, reject) => {
    const request = http.get({
      ...{ path: '/', maxHeaderSize: MAX_HEADERS, createConnection: () => socket },
      headers: { Host: host, 'User-Agent': 'Qanat', Connection: 'close' },
    })
    request.on('error', reject).on('response', resolve).on('upgrade', resolve)
    return () => {
      request.on('error', () => {}) // of one that is being ended
    }
  })
  return asked.catch(() => undefined).finally(bounded.forget)
}
