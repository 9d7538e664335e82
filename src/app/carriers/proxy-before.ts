import type { TraitsOf } from '../../core/api/transport.js'
import type { ProxySettings } from '../../core/settings/transport-settings.js'
import { chooseProxy } from '../../transports/proxy/choose-proxy.js'

/**
 * The proxy that an endpoint is dialled through; undefined if it is dialled directly. One that cannot be used is
 * complained of when it is dialled.
 */
export function proxyBefore(
  endpoint: URL,
  settings: ProxySettings | undefined,
  traits: TraitsOf,
): URL | undefined {
  if (traits(endpoint.protocol).proxied !== true) return undefined
  try {
    return chooseProxy(endpoint, settings)?.url
  } catch {
    return undefined
  }
}
