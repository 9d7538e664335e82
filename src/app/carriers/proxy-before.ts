import type { TraitsOf } from '../../core/api/transport.js'
import { proxyFor } from '../../core/proxy/choose-proxy.js'
import type { ProxySettings } from '../../core/settings/transport-settings.js'

/**
 * The proxy that an endpoint is dialled through, of a chain the nearest; undefined if it is dialled directly. One that cannot be used is
 * complained of when it is dialled.
 */
export function proxyBefore(
  endpoint: URL,
  settings: ProxySettings | undefined,
  traits: TraitsOf,
): URL | undefined {
  try {
    return proxyFor(endpoint, settings, traits)?.proxies[0]?.url
  } catch {
    return undefined
  }
}
