import { ConfigError } from '../../core/api/errors.js'
import type { TraitsOf } from '../../core/api/transport.js'
import { NO_PROXY_AT_ALL, parseProxy } from '../../core/proxy/proxy-url.js'
import type { ProxySettings, TransportSettings } from '../../core/settings/transport-settings.js'
import { readTls, type TlsPlace } from '../certificates/read-tls.js'
import type { Path } from '../check/problems.js'
import type { ConfigModel } from '../schema/model.js'

/** How files that a file names are read; their paths are relative to its folder. */
export interface Files {
  /** The key in a file that nobody but its owner may read. */
  key(path: string): string
  /** The bytes of such a file. */
  keyBytes(path: string): Uint8Array
  /** The bytes of a file. Throws if it cannot be read. */
  bytes(path: string): Uint8Array
  /** The path as other parts of the program may open it. */
  resolve(path: string): string
  /** Where HTTPS_PROXY and its like are looked up. */
  readonly environment: Readonly<Record<string, string | undefined>>
}

/**
 * What a configuration says of the transports.
 *
 * @throws ConfigError if a file cannot be used, or peers do not agree on a proxy.
 */
export function transportSettings(
  model: ConfigModel,
  files: Files,
  place: TlsPlace,
  traits: TraitsOf,
): Omit<TransportSettings, 'localPort'> {
  const { tls = {}, websocket = {}, streams } = model
  const { proxyCa, ...texts } = readTls(tls, files, place)
  return {
    proxy: {
      ...proxyOf(model, place.describe, traits),
      environment: files.environment,
      ca: proxyCa,
    },
    groups: {
      tls: { ...texts, pin: tls.pin, serverName: tls.serverName },
      websocket: {
        headers: Object.fromEntries((websocket.headers ?? []).map(splitHeader)),
        trustedProxies: websocket.trustedProxies ?? [],
        clientAddressHeader: websocket.clientAddressHeader,
        maxMessage: websocket.maxMessage,
        documentRoot:
          websocket.documentRoot === undefined ? undefined : files.resolve(websocket.documentRoot),
      },
      streams,
    },
  }
}

/** All peers that are dialled through proxies share one way to dial, so they have to agree on the proxy. */
function proxyOf(
  { peers }: ConfigModel,
  describe: (path: Path) => string,
  traits: TraitsOf,
): Pick<ProxySettings, 'url' | 'source'> {
  const isProxied = (text: string) => traits(text.slice(0, text.indexOf(':') + 1)).proxied === true
  const dialled = peers.filter(({ endpoints = [] }) => endpoints.some(isProxied))
  const proxies = new Set(dialled.map(({ proxy }) => proxy))
  const [proxy] = proxies
  if (proxies.size === 0 || (proxies.size === 1 && proxy === undefined)) return {}
  if (proxies.size === 1) {
    const parsed = parseProxy(proxy!)
    const source = describe(['peer', peers.indexOf(dialled[0]!), 'proxy'])
    return { url: parsed === NO_PROXY_AT_ALL ? parsed : parsed.url, source }
  }
  throw new ConfigError('Cannot dial by several proxies: peers that are reached by connections share one', {
    code: 'ERR_CONFIG_VALUE',
  })
}

function splitHeader(header: string): [string, string] {
  const colon = header.indexOf(':')
  return [header.slice(0, colon), header.slice(colon + 1).trim()]
}
