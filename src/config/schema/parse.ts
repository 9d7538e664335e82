import { ConfigError } from '../../core/api/errors.js'
import { redactInput } from '../../core/api/redact.js'
import { parseIpAddress } from '../../core/ip/ip-address.js'
import { parseZonedAddress, setZone, ZONED } from '../../core/ip/zone.js'
import {
  ANY_PORT,
  DEFAULT_PORT,
  HTTP_PORT,
  HTTPS_PORT,
  MAX_PORT,
  MIN_PORT,
} from '../../core/settings/ports.js'

function invalid(what: string, why: string): ConfigError {
  return new ConfigError(`Cannot read ${what}: ${why}`, { code: 'ERR_CONFIG_VALUE' })
}

function parsePort(text: string, what: string, lowest: number): number {
  const port = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (port >= lowest && port <= MAX_PORT) return port
  throw invalid(`the port of ${what}`, `'${redactInput(text)}' is not within ${lowest} to ${MAX_PORT}`)
}

/** Ports that URLs of these schemes mean where they name none. */
const OWN_PORTS: Record<string, number> = { 'ws:': HTTP_PORT, 'wss:': HTTPS_PORT }

/** Where a peer is reached: a URL, or `HOST[:PORT]` by the transport `scheme`; IPv6 with a port is in brackets. */
export function parsePeer(text: string, scheme: string): URL {
  return text.includes('://')
    ? parseUrl(text, 'the peer', MIN_PORT)
    : endpoint(scheme, text, 'the peer', MIN_PORT)
}

/** Where to listen: a URL, or `[HOST:]PORT` by the transport `scheme`; without a host, all addresses. */
export function parseListen(text: string, scheme: string): URL {
  if (text.includes('://')) return parseUrl(text, 'where to listen', ANY_PORT)
  return endpoint(scheme, /^\d+$/.test(text) ? `[::]:${text}` : text, 'where to listen', ANY_PORT)
}

/**
 * A URL whose host and port are checked as those of the short form; without a port it gets its scheme's. One
 * with a path and no host, such as `unix:///run/qanat`, is a plugin's matter.
 */
function parseUrl(text: string, what: string, lowestPort: number): URL {
  const [plain, zone] = withoutZone(text)
  const url = URL.canParse(plain) ? new URL(plain) : undefined
  if (url?.hostname === '' && url.pathname.length > 1) return url
  if (url === undefined || url.hostname === '')
    throw invalid(what, `'${redactInput(text)}' is not a URL such as udp://host:${DEFAULT_PORT}`)
  const host = url.port === '' ? url.hostname : url.host
  const port = url.port === '' ? (OWN_PORTS[url.protocol] ?? DEFAULT_PORT) : Number(url.port)
  endpoint('tcp', host, what, lowestPort)
  // Special schemes drop a port that is their own, so it is set only if it is another.
  if (url.port === '' && port !== OWN_PORTS[url.protocol]) url.port = String(port)
  return zoned(url, zone)
}

/** What comes before an IPv6 address in brackets, maybe a scheme and a login, the address, and the rest. */
const BRACKETED = /^((?:[a-z][a-z0-9+.-]*:\/\/)?(?:[^/?#[]*@)?\[)([^\]]*)(\].*)$/i

/** A text less the zone of the IPv6 address that is in brackets, which WHATWG's URLs do not know, and that zone. */
function withoutZone(text: string): [text: string, zone: string | undefined] {
  const [, before, bracketed, after] = BRACKETED.exec(text) ?? []
  const [, address, zone] = ZONED.exec(bracketed ?? '') ?? []
  return address === undefined ? [text, undefined] : [`${before}${address}${after}`, zone]
}

function zoned(url: URL, zone: string | undefined): URL {
  if (zone !== undefined) setZone(url, zone)
  return url
}

function endpoint(scheme: string, text: string, what: string, lowestPort: number): URL {
  if (!/^[a-z][a-z0-9-]*$/.test(scheme)) {
    throw invalid(
      'the transport',
      `'${redactInput(scheme)}' is not a known name; see 'qanat plugins' for the known ones`,
    )
  }
  const isIpv6 = parseZonedAddress(text) !== undefined && text.includes(':')
  const [bare, zone] = withoutZone(isIpv6 ? `[${text}]` : text)
  const match = /^(\[[^\]]+\]|[^:[\]]+)(?::([^:]*))?$/.exec(bare)
  if (match === null) throw invalid(what, `'${redactInput(text)}' is not HOST, HOST:PORT or [IPv6]:PORT`)
  const [, host, port] = match as unknown as [string, string, string | undefined]
  const shown = redactInput(text) === text ? host : redactInput(text)
  if (host.startsWith('[') && parseIpAddress(host.slice(1, -1))?.length !== 16) {
    throw invalid(what, `${shown} holds no IPv6 address`)
  }
  if (/^[\d.]+$/.test(host) && parseIpAddress(host) === undefined) {
    throw invalid(what, `'${host}' is not an IPv4 address`)
  }
  if (!/^(\[[0-9a-f:.]+\]|[a-z0-9_.-]+)$/i.test(host)) throw invalid(what, `'${shown}' is not a host name`)
  const number = port === undefined ? DEFAULT_PORT : parsePort(port, what, lowestPort)
  const url = `${scheme}://${host}:${number}`
  // Web schemes take a host whose last part is a number for an IPv4 address.
  if (!URL.canParse(url)) throw invalid(what, `'${shown}' is not a host name`)
  return zoned(new URL(url), zone)
}

/**
 * Checks the two inner addresses of a point-to-point tunnel.
 *
 * @throws ConfigError if one is invalid, or they are not two of one kind.
 */
export function checkAddressPair(local: string, peer: string): void {
  const own = parseIpAddress(local)
  const far = parseIpAddress(peer)
  if (own === undefined) throw invalid('the local address', `'${local}' is not an IPv4 or IPv6 address`)
  if (far === undefined) throw invalid("the peer's address", `'${peer}' is not an IPv4 or IPv6 address`)
  if (own.length !== far.length) {
    throw invalid('the addresses', `'${local}' and '${peer}' mix IPv4 with IPv6; give two of one kind`)
  }
  if (own.every((byte, index) => byte === far[index])) {
    throw invalid('the addresses', `both are '${local}'; the peer needs a different one`)
  }
}
