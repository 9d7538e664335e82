import type { TraitsOf } from '../../core/api/transport.js'
import { type ProxyChoice, proxyFor } from '../../core/proxy/choose-proxy.js'
import type { ProxySettings } from '../../core/settings/transport-settings.js'

/**
 * What is connected to for an endpoint: itself, or the nearest proxy before it. If a PAC file says which proxies there are, all that is
 * known before it was asked: its server, the proxies that the configuration has logins for, and the endpoint. A proxy that cannot be used is
 * complained of when it is dialled.
 */
export function connectedTo(
  endpoint: URL,
  settings: ProxySettings | undefined,
  traits: TraitsOf,
): readonly URL[] {
  const { pac, proxies = [] } = proxiesBefore(endpoint, settings, traits) ?? {}
  if (pac === undefined) return [proxies[0]?.url ?? endpoint]
  return [endpoint, ...(pac.url === undefined ? [] : [pac.url]), ...pac.logins.map(({ url }) => url)]
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
