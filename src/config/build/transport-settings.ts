import { ConfigError } from '../../core/api/errors.js'
import type { TraitsOf } from '../../core/api/transport.js'
import { MAX_PAC, namesPac, parsePac } from '../../core/proxy/pac-place.js'
import { parseProxies } from '../../core/proxy/proxy-url.js'
import type { ProxySettings, TunnelTransports } from '../../core/settings/transport-settings.js'
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
): Omit<TunnelTransports, 'localPort'> {
  const { tls = {}, websocket = {}, streams } = model
  const { portalProbe } = model.interface
  const { proxyCa, ...texts } = readTls(tls, files, place)
  return {
    proxy: {
      ...proxyOf(model, files, place, traits),
      environment: files.environment,
      ca: proxyCa,
    },
    ...(portalProbe !== undefined && { portalProbe }),
    groups: {
      tls: { ...texts, pin: tls.pin, serverName: tls.serverName },
      websocket: {
        headers: Object.fromEntries((websocket.headers ?? []).map(splitHeader)),
        trustedProxies: websocket.trustedProxies ?? [],
        clientAddressHeader: websocket.clientAddressHeader,
        maxMessage: websocket.maxMessage,
        httpFallback: websocket.httpFallback,
        documentRoot:
          websocket.documentRoot === undefined ? undefined : files.resolve(websocket.documentRoot),
      },
      streams,
    },
  }
}

/** All peers that are dialled through proxies share one way to dial, so they have to agree on the proxy and its options. */
function proxyOf(
  { peers }: ConfigModel,
  files: Files,
  place: TlsPlace,
  traits: TraitsOf,
): Pick<ProxySettings, 'url' | 'further' | 'script' | 'source' | 'auth' | 'headers'> {
  const isProxied = (text: string) => traits(text.slice(0, text.indexOf(':') + 1)).proxied === true
  const dialled = peers.filter(({ endpoints = [] }) => endpoints.some(isProxied))
  const ways = dialled.map(({ proxy, proxyAuth, proxyHeaders }) => [proxy, proxyAuth, proxyHeaders])
  if (new Set(ways.map((way) => JSON.stringify(way))).size > 1) {
    throw new ConfigError('Cannot dial by several proxies: peers that are reached by connections share one', {
      code: 'ERR_CONFIG_VALUE',
    })
  }
  const [peer] = dialled
  if (peer === undefined) return {}
  const { proxy, proxyAuth, proxyHeaders } = peer
  return {
    ...(proxyAuth !== undefined && { auth: proxyAuth }),
    ...(proxyHeaders !== undefined && { headers: Object.fromEntries(proxyHeaders.map(splitHeader)) }),
    ...(proxy !== undefined && namedBy(proxy, files, place, ['peer', peers.indexOf(peer), 'proxy'])),
  }
}

function namedBy(
  proxy: string,
  files: Files,
  { describe, remark }: TlsPlace,
  path: Path,
): Pick<ProxySettings, 'url' | 'further' | 'script' | 'source'> {
  const source = describe(path)
  if (namesPac(proxy)) {
    const { kind, logins, path: file, url } = parsePac(proxy)
    if (kind === 'http') {
      remark(
        path,
        'whoever is in between chooses the proxies of a PAC file by plain HTTP; name one by pac+https://',
      )
    }
    return {
      url: new URL(`pac+${url?.href ?? `file:${encodeURI(file!)}`}`),
      ...(logins.length > 0 && { further: logins.map(({ url }) => url) }),
      ...(file !== undefined && { script: scriptIn(files.bytes(file), files.resolve(file)) }),
      source,
    }
  }
  const [nearest, ...further] = parseProxies(proxy).map(({ url }) => url)
  return { url: nearest ?? 'none', ...(further.length > 0 && { further }), source }
}

function scriptIn(bytes: Uint8Array, file: string): string {
  if (bytes.length > MAX_PAC) {
    throw new ConfigError(`Cannot use the PAC file ${file}: it is longer than ${MAX_PAC} bytes`, {
      code: 'ERR_CONFIG_VALUE',
    })
  }
  return new TextDecoder().decode(bytes)
}

function splitHeader(header: string): [string, string] {
  const colon = header.indexOf(':')
  return [header.slice(0, colon), header.slice(colon + 1).trim()]
}
