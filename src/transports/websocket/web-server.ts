import http from 'node:http'
import https from 'node:https'
import { DEFAULT_CIPHERS, type SecureContextOptions } from 'node:tls'
import { ConfigError } from '../../core/api/errors.js'
import { redact } from '../../core/api/redact.js'
import type { TlsSettings } from '../../core/settings/option-groups.js'
import { STEP_LIMITS } from '../../core/settings/step-limits.js'
import { secureContext } from '../dialing/tls-client.js'
import { inOrderOfCost } from '../tls/suites.js'
import { MAX_HEADERS, MAX_REQUEST_BYTES } from './options.js'

/** Protocols of endpoints that are reached by TLS. */
export const SECURE: ReadonlySet<string> = new Set(['wss:', 'https:'])

/**
 * A web server that does not listen itself.
 *
 * @throws ConfigError as `secureOptions` does.
 */
export function createServer(endpoint: URL, tls: TlsSettings = {}): http.Server {
  const server = newServer(endpoint, tls)
  server.maxHeadersCount = MAX_HEADERS
  return server
}

function newServer(endpoint: URL, tls: TlsSettings): http.Server {
  const options = { maxHeaderSize: MAX_REQUEST_BYTES }
  if (!SECURE.has(endpoint.protocol)) return http.createServer(options)
  return https.createServer({
    ...options,
    ...secureOptions(endpoint, tls),
    handshakeTimeout: STEP_LIMITS.tls,
    ALPNProtocols: ['http/1.1'],
  })
}

/**
 * What a server's side of TLS is made of.
 *
 * @throws ConfigError if a part of it is missing or cannot be used.
 */
export function secureOptions(endpoint: URL, tls: TlsSettings): SecureContextOptions {
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
