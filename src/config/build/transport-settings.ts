import { asError, ConfigError } from '../../core/api/errors.js'
import type { TraitsOf } from '../../core/api/transport.js'
import type { TransportSettings } from '../../core/settings/transport-settings.js'
import type { Path } from '../check/problems.js'
import type { ConfigModel } from '../schema/model.js'

/** How files that a file names are read; their paths are relative to its folder. */
export interface Files {
  /** The key in a file that nobody but its owner may read. */
  key(path: string): string
  /** The text of a file. Throws if it cannot be read. */
  text(path: string): string
  /** The path as other parts of the program may open it. */
  resolve(path: string): string
  /** Where HTTPS_PROXY and its like are looked up. */
  readonly environment: Readonly<Record<string, string | undefined>>
}

/**
 * What a configuration says of the transports. `describe` tells what errors call what lies at a path.
 *
 * @throws ConfigError if a file cannot be read, or peers do not agree on a proxy.
 */
export function transportSettings(
  model: ConfigModel,
  files: Files,
  describe: (path: Path) => string,
  traits: TraitsOf,
): Omit<TransportSettings, 'localPort'> {
  const { tls = {}, websocket = {}, streams } = model
  const text = (key: string, path: string | undefined) => {
    try {
      return path === undefined ? undefined : files.text(path)
    } catch (thrown) {
      const what = describe(['tls', key])
      throw new ConfigError(`Cannot use ${what}: ${asError(thrown).message}`, {
        code: 'ERR_CONFIG_VALUE',
        cause: thrown,
      })
    }
  }
  return {
    proxy: {
      url: proxyOf(model, traits),
      environment: files.environment,
      ca: text('proxy-ca-file', tls.proxyCaFile),
    },
    groups: {
      tls: {
        ca: text('ca-file', tls.caFile),
        cert: text('cert-file', tls.certFile),
        key: tls.keyFile === undefined ? undefined : files.key(tls.keyFile),
        pin: tls.pin,
        serverName: tls.serverName,
      },
      websocket: {
        headers: Object.fromEntries((websocket.headers ?? []).map(splitHeader)),
        trustedProxies: websocket.trustedProxies ?? [],
        documentRoot:
          websocket.documentRoot === undefined ? undefined : files.resolve(websocket.documentRoot),
      },
      streams,
    },
  }
}

/** All peers that are dialled through proxies share one way to dial, so they have to agree on the proxy. */
function proxyOf({ peers }: ConfigModel, traits: TraitsOf): URL | 'none' | undefined {
  const isProxied = (text: string) => traits(text.slice(0, text.indexOf(':') + 1)).proxied === true
  const dialled = peers.filter(({ endpoints = [] }) => endpoints.some(isProxied))
  const proxies = new Set(dialled.map(({ proxy }) => proxy))
  const [proxy] = proxies
  if (proxies.size <= 1) return proxy === undefined || proxy === 'none' ? proxy : new URL(proxy)
  throw new ConfigError('Cannot dial by several proxies: peers that are reached by connections share one', {
    code: 'ERR_CONFIG_VALUE',
  })
}

function splitHeader(header: string): [string, string] {
  const colon = header.indexOf(':')
  return [header.slice(0, colon), header.slice(colon + 1).trim()]
}
