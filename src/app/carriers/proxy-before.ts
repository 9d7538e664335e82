import type { TraitsOf } from '../../core/api/transport.js'
import { type ProxyChoice, proxyFor } from '../../core/proxy/choose-proxy.js'
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
  return proxiesBefore(endpoint, settings, traits)?.proxies[0]?.url
}

/** All proxies before an endpoint and who named them, as `proxyFor` chooses; undefined also if one cannot be used. */
export function proxiesBefore(
  endpoint: URL,
  settings: ProxySettings | undefined,
  traits: TraitsOf,
): ProxyChoice | undefined {
  try {
    return proxyFor(endpoint, settings, traits)
  } catch {
    return undefined
  }
}
