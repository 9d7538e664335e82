import http from 'node:http'
import https from 'node:https'
import { DEFAULT_CIPHERS, type SecureContextOptions } from 'node:tls'
import { ConfigError } from '../../core/api/errors.js'
import { redact } from '../../core/api/redact.js'
import type { TlsSettings } from '../../core/settings/option-groups.js'
import { STEP_LIMITS } from '../../core/settings/step-limits.js'
import { SECURE, secureContext } from '../dialing/tls-client.js'
import { inOrderOfCost } from '../tls/suites.js'
import { MAX_HEADERS, MAX_REQUEST_BYTES } from './options.js'
import { ServerNames } from './requests/server-names.js'

/** What a server shows to those who ask for no name, or for one that it has no certificate of; and to all others. */
export interface Certificates {
  readonly context: SecureContextOptions
  readonly names: ServerNames
}

const namesOf = new WeakMap<https.Server, ServerNames>()

/** A web server that does not listen itself: one of TLS if it has certificates. */
export function createServer(certificates: Certificates | undefined): http.Server {
  const options = { maxHeaderSize: MAX_REQUEST_BYTES }
  const server = certificates === undefined ? http.createServer(options) : secureServer(certificates, options)
  server.maxHeadersCount = MAX_HEADERS
  return server
}

function secureServer({ context, names }: Certificates, options: https.ServerOptions): https.Server {
  const server: https.Server = https.createServer({
    ...options,
    ...context,
    handshakeTimeout: STEP_LIMITS.tls,
    ALPNProtocols: ['http/1.1'],
    SNICallback: (name, show) => show(null, namesOf.get(server)!.contextFor(name)),
  })
  namesOf.set(server, names)
  return server
}

/** Has newcomers be shown other certificates; a server without TLS shows none. */
export function show(server: http.Server, certificates: Certificates | undefined): void {
  if (!(server instanceof https.Server) || certificates === undefined) return
  server.setSecureContext(certificates.context)
  namesOf.set(server, certificates.names)
}

/**
 * Which certificates a server shows, and to whom; undefined if its endpoint is reached without TLS.
 *
 * @throws ConfigError if a part of one is missing or cannot be used.
 */
export function certificatesFor(endpoint: URL, tls: TlsSettings = {}): Certificates | undefined {
  if (!SECURE.has(endpoint.protocol)) return undefined
  return { context: secureOptions(endpoint, tls), names: new ServerNames(tls) }
}

/**
 * What a server's side of TLS is made of.
 *
 * @throws ConfigError if a part of it is missing or cannot be used.
 */
function secureOptions(endpoint: URL, tls: TlsSettings): SecureContextOptions {
  if (tls.cert === undefined || tls.key === undefined) {
    throw new ConfigError(`Cannot listen on ${redact(endpoint)}: it needs a certificate and its key`, {
      code: 'ERR_CONFIG_MISSING',
    })
  }
  secureContext(tls) // tells what is wrong with them
  const { ca, cert, key } = tls
  return {
    ...(ca !== undefined && { ca, requestCert: true }),
    cert,
    key,
    ciphers: inOrderOfCost(DEFAULT_CIPHERS),
    minVersion: 'TLSv1.2',
  }
}
