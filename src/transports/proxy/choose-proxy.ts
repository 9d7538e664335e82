import { ConfigError } from '../../core/api/errors.js'
import { bareHost } from '../../core/ip/bare-host.js'
import { HTTP_PORT, HTTPS_PORT } from '../../core/settings/ports.js'
import { schemeOf } from '../../core/settings/scheme.js'
import type { ProxySettings } from '../../core/settings/transport-settings.js'
import { endpointPort } from '../net/endpoint-port.js'
import { Networks } from '../net/networks.js'

/** What a proxy without a port means. */
const DEFAULT_PORTS: Readonly<Record<string, number>> = {
  'http:': HTTP_PORT,
  'https:': HTTPS_PORT,
  'socks5:': 1080, // RFC 1928 section 3
}
/** Other names for a scheme. With either one, names are resolved at the proxy. */
const ALIASES: Readonly<Record<string, string>> = { 'socks5h:': 'socks5:', 'socks:': 'socks5:' }

/** A proxy that streams are dialled through. */
export interface ProxyServer {
  readonly kind: 'http' | 'https' | 'socks5'
  /** Where it listens. */
  readonly url: URL
  readonly port: number
  /** The proxy as it may be written into logs. */
  readonly shown: string
  readonly credentials: Credentials | undefined
}

export interface Credentials {
  readonly user: string
  readonly password: string
}

/**
 * The proxy to dial an endpoint through, or undefined to dial it directly. What the settings name holds for all
 * endpoints; from the environment HTTPS_PROXY counts before ALL_PROXY, whichever the endpoint's scheme, since all
 * are tunnelled alike, and NO_PROXY exempts hosts.
 *
 * @throws ConfigError if the named proxy is not one. The message contains no secrets.
 */
export function chooseProxy(endpoint: URL, settings: ProxySettings = {}): ProxyServer | undefined {
  const { url, environment = {} } = settings
  if (url === 'none') return undefined
  if (url !== undefined) return parseProxy(url.href, 'the setting')
  const variable = (name: string) => environment[name.toLowerCase()] || environment[name]
  if (namesHost(variable('NO_PROXY') ?? '', endpoint.hostname, endpointPort(endpoint))) return undefined
  for (const name of ['HTTPS_PROXY', 'ALL_PROXY']) {
    const value = variable(name)
    if (value !== undefined && value !== '') return parseProxy(value, name)
  }
  return undefined
}

function parseProxy(text: string, origin: string): ProxyServer {
  const withScheme = text.includes('://') ? text : `http://${text}`
  const refuse = (why: string) =>
    new ConfigError(`Cannot use the proxy of ${origin}: ${why}`, { code: 'ERR_CONFIG_VALUE' })
  if (!URL.canParse(withScheme)) throw refuse('it is not a URL such as http://user:password@host:port')
  const url = new URL(withScheme)
  const protocol = ALIASES[url.protocol] ?? url.protocol
  const defaultPort = DEFAULT_PORTS[protocol]
  if (defaultPort === undefined || url.hostname === '') {
    throw refuse(`'${url.protocol}//' is not http://, https:// or socks5:// with a host`)
  }
  const port = url.port === '' ? defaultPort : Number(url.port)
  return {
    kind: schemeOf(protocol) as ProxyServer['kind'],
    url,
    port,
    shown: `${protocol}//${url.hostname}:${port}`,
    credentials: credentialsOf(url, refuse),
  }
}

function credentialsOf(url: URL, refuse: (why: string) => Error): Credentials | undefined {
  if (url.username === '' && url.password === '') return undefined
  try {
    return { user: decodeURIComponent(url.username), password: decodeURIComponent(url.password) }
  } catch {
    throw refuse('its user or password is not percent-encoded')
  }
}

/**
 * Whether a NO_PROXY list names a host: by its name, which stands for all names below it, too, by `*`, by an
 * address, or by a network as CIDR; each may have a port (as curl and Go read it).
 */
export function namesHost(list: string, host: string, port: number): boolean {
  const name = bareHost(host).toLowerCase()
  return list
    .toLowerCase()
    .split(/[\s,]+/)
    .some((entry) => entry !== '' && matches(entry, name, port))
}

function matches(entry: string, name: string, port: number): boolean {
  if (entry === '*') return true
  const networks = new Networks()
  if (networks.add(entry)) return networks.has(name)
  const [, pattern, wantedPort] = /^(.*?)(?::(\d+))?$/.exec(entry)!
  if (wantedPort !== undefined && Number(wantedPort) !== port) return false
  const domain = bareHost(pattern!.replace(/^\*?\./, ''))
  return name === domain || name.endsWith(`.${domain}`)
}
