// @ts-check
import { credsAuthenticator } from '@nats-io/transport-node'

/** @typedef {import('qanat').OptionsOf<typeof import('./options.js').options>} NatsOptions */

/**
 * What servers are told of this end, and how they are checked, as the library takes it.
 *
 * @param {NatsOptions} options
 * @returns {import('@nats-io/transport-node').ConnectionOptions}
 */
export function loginOf({ user, password, token, credentials, tls, ca, certificate, key }) {
  const files = {
    ...(ca !== undefined && { caFile: ca }),
    ...(certificate !== undefined && { certFile: certificate }),
    ...(key !== undefined && { keyFile: key }),
  }
  return {
    ...(user !== undefined && { user }),
    ...(password !== undefined && { pass: password }),
    ...(token !== undefined && { token }),
    ...(credentials !== undefined && {
      authenticator: credsAuthenticator(new TextEncoder().encode(credentials)),
    }),
    ...((tls || Object.keys(files).length > 0) && { tls: files }),
  }
}
