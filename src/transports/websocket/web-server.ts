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
interface Certificates {
  readonly context: SecureContextOptions
  readonly names: ServerNames
}

const namesOf = new WeakMap<https.Server, ServerNames>()

/**
 * A web server that does not listen itself.
 *
 * @throws ConfigError as `certificatesFor` does.
 */
export function createServer(endpoint: URL, tls: TlsSettings = {}): http.Server {
  const server = newServer(endpoint, tls)
  server.maxHeadersCount = MAX_HEADERS
  return server
}

function newServer(endpoint: URL, tls: TlsSettings): http.Server {
  const options = { maxHeaderSize: MAX_REQUEST_BYTES }
  if (!SECURE.has(endpoint.protocol)) return http.createServer(options)
  const { context, names } = certificatesFor(endpoint, tls)
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

/** Has newcomers be shown other certificates. */
export function show(server: https.Server, { context, names }: Certificates): void {
  server.setSecureContext(context)
  namesOf.set(server, names)
}

/**
 * Which certificates a server shows, and to whom.
 *
 * @throws ConfigError if a part of one is missing or cannot be used.
 */
export function certificatesFor(endpoint: URL, tls: TlsSettings): Certificates {
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
