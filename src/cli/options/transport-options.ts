import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { asError, ConfigError } from '../../core/api/errors.js'
import type {
  ProxySettings,
  TlsSettings,
  TransportSettings,
  WebSocketSettings,
} from '../../core/settings/transport-settings.js'
import { collect } from './collect.js'

/** Schemes of proxies that are understood. */
const PROXY_SCHEMES = ['http:', 'https:', 'socks5:']

/** The options of the transports, as the command line hands them over. */
export interface TransportOptions {
  readonly proxy?: string
  readonly proxyCa?: string
  readonly tlsCa?: string
  readonly tlsCert?: string
  readonly tlsKey?: string
  readonly tlsPin?: string
  readonly tlsName?: string
  readonly header: readonly string[]
  readonly trustedProxy: readonly string[]
  readonly site?: string
}

/** Adds the options that say how streams are carried. */
export function addTransportOptions(command: Command): void {
  command
    .option(
      '--proxy <url>',
      'http://, https:// or socks5:// proxy for tcp and ws (default: HTTPS_PROXY and its like; none: no proxy)',
    )
    .option('--proxy-ca <file>', 'certificates (PEM) that an https:// proxy is checked against')
    .option('--tls-ca <file>', 'certificates (PEM) that the far end of wss:// is checked against')
    .option('--tls-cert <file>', 'the own certificate (PEM): a server needs it, a client may show it')
    .option('--tls-key <file>', "the own certificate's private key (PEM)")
    .option('--tls-pin <sha256>', "the only public key that the far end's certificate may have")
    .option('--tls-name <name>', 'the name that is asked for and expected in the certificate (SNI)')
    .option('--header <name: value>', 'ws: a header to send; may be repeated', collect, [])
    .option('--trusted-proxy <cidr>', 'ws: a reverse proxy before this server; may be repeated', collect, [])
    .option('--site <folder>', 'ws: what this server shows to those who do not come for the tunnel')
}

/**
 * What the command line and the environment say of the transports.
 *
 * @throws ConfigError where a file cannot be read, or a value is none.
 */
export function readTransportSettings(options: TransportOptions): Omit<TransportSettings, 'localPort'> {
  return { proxy: readProxy(options), tls: readTls(options), webSocket: readWebSocket(options) }
}

function readProxy({ proxy, proxyCa }: TransportOptions): ProxySettings {
  return {
    url: proxy === undefined || proxy === 'none' ? proxy : parseProxy(proxy),
    environment: process.env,
    ca: readPem(proxyCa, 'the certificates of the proxy'),
  }
}

function parseProxy(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url !== undefined && PROXY_SCHEMES.includes(url.protocol) && url.hostname !== '') return url
  // The text may hold a password, so it is not repeated.
  throw invalid('the proxy', 'it is not like http://host:3128, https://host:443 or socks5://host:1080')
}

function readTls(options: TransportOptions): TlsSettings {
  return {
    ca: readPem(options.tlsCa, 'the certificates to check against'),
    cert: readPem(options.tlsCert, 'the certificate'),
    key: readPem(options.tlsKey, "the certificate's key"),
    pin: options.tlsPin,
    serverName: options.tlsName,
  }
}

function readWebSocket({ header, trustedProxy, site }: TransportOptions): WebSocketSettings {
  return { headers: Object.fromEntries(header.map(parseHeader)), trustedProxies: trustedProxy, site }
}

function parseHeader(text: string): [string, string] {
  const match = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):\s*(.*)$/.exec(text) // RFC 9110 section 5.1
  if (match === null) throw invalid('the header', `'${text}' is not like 'Name: value'`)
  return [match[1]!, match[2]!]
}

function readPem(path: string | undefined, what: string): string | undefined {
  if (path === undefined) return undefined
  try {
    return readFileSync(path, 'utf8')
  } catch (thrown) {
    throw invalid(what, asError(thrown).message)
  }
}

function invalid(what: string, why: string): ConfigError {
  return new ConfigError(`Cannot read ${what}: ${why}`, { code: 'ERR_CONFIG_VALUE' })
}
