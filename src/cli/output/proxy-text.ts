import type { TunnelConfig } from '../../core/api/config.js'
import { redactedUrl } from '../../core/api/redact.js'
import type { TraitsOf } from '../../core/api/transport.js'
import { isVariable, proxyFor } from '../../core/proxy/choose-proxy.js'
import { namesPac } from '../../core/proxy/pac-place.js'

/** How an endpoint is dialled, as in the JSON of `qanat check`. */
export interface ProxyFound {
  /** Redacted, as all that follows. */
  readonly endpoint: string
  /** The proxy before it, the chain of them, or the PAC file that says which; null if it is dialled directly. */
  readonly proxy: string | null
  /** The option, the place in a file or the variable that says so; null if nothing does. */
  readonly source: string | null
}

/** How the endpoints of a tunnel are dialled that may have a proxy before them. */
export function proxiesOf(
  { peers, transports }: Pick<TunnelConfig, 'peers' | 'transports'>,
  traits: TraitsOf,
): ProxyFound[] {
  return peers.flatMap(({ endpoints }) =>
    endpoints.flatMap((endpoint) => {
      const choice = proxyFor(endpoint, transports?.proxy, traits)
      if (choice === undefined) return []
      const { shown = null, source = null } = choice
      return [{ endpoint: redactedUrl(endpoint), proxy: shown, source }]
    }),
  )
}

/** The same as a line; empty if nothing says anything. */
export function proxyLine({ endpoint, proxy, source }: ProxyFound): string {
  if (source === null) return ''
  const wayOut =
    proxy === null
      ? 'directly'
      : namesPac(proxy)
        ? `as the PAC file ${proxy} says`
        : `through the proxy ${proxy}`
  const dropped = isVariable(source) ? '; sudo and services drop that variable' : ''
  return `${endpoint} is dialled ${wayOut}, as ${source} says${dropped}\n`
}
