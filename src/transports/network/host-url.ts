import { isIPv6 } from 'node:net'
import { TransportError } from '../../core/api/errors.js'
import { bareHost } from '../../core/ip/bare-host.js'
import { setZone, ZONED } from '../../core/ip/zone.js'

/**
 * A host and a port as an endpoint, as resolvers and listeners take it. An IPv6 address may have a zone.
 *
 * @throws TransportError ERR_HOST_UNKNOWN if the text can be no host.
 */
export function hostUrl(host: string, port: number): URL {
  const [, plain = host, zone] = ZONED.exec(host) ?? []
  const text = `tcp://${isIPv6(plain) ? `[${plain}]` : plain}:${port}`
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !(isIPv6(plain) || bareHost(url.hostname) === plain)) {
    throw new TransportError(`Cannot use the host ${JSON.stringify(host)}: it is no name and no address`, {
      code: 'ERR_HOST_UNKNOWN',
    })
  }
  if (zone !== undefined) setZone(url, zone)
  return url
}
