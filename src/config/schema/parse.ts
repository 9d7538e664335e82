import { asError, ConfigError } from '../../core/api/errors.js'
import { redactInput } from '../../core/api/redact.js'
import type { TraitsOf } from '../../core/api/transport.js'
import { parseIpAddress } from '../../core/ip/ip-address.js'
import { parseZonedAddress, setZone, ZONED } from '../../core/ip/zone.js'
import { ANY_PORT, DEFAULT_PORT, MAX_PORT, MIN_PORT } from '../../core/settings/ports.js'
import { protocolOf, schemeOf } from '../../core/settings/scheme.js'

function invalid(what: string, why: string): ConfigError {
  return new ConfigError(`Cannot read ${what}: ${why}`, { code: 'ERR_CONFIG_VALUE' })
}

/** What is wrong, of an error of this module: what comes behind `Cannot read WHAT: `. */
export function reasonOf(thrown: unknown): string {
  const { message } = asError(thrown)
  return message.slice(message.indexOf(': ') + 2)
}

function parsePort(text: string, what: string, lowest: number): number {
  const port = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (port >= lowest && port <= MAX_PORT) return port
  throw invalid(`the port of ${what}`, `'${redactInput(text)}' is not within ${lowest} to ${MAX_PORT}`)
}

/** Where a peer is reached: a URL, or `HOST[:PORT]` by the transport `scheme`; IPv6 with a port is in brackets. */
export function parsePeer(text: string, scheme: string, traits: TraitsOf): URL {
  return parse(text, scheme, traits, 'the peer', MIN_PORT)
}

/** Where to listen: a URL, or `[HOST:]PORT` by the transport `scheme`; without a host, all addresses. */
export function parseListen(text: string, scheme: string, traits: TraitsOf): URL {
  const isPort = /^\d+$/.test(text) && (traits(protocolOf(scheme)).authority ?? 'host') === 'host'
  return parse(isPort ? `[::]:${text}` : text, scheme, traits, 'where to listen', ANY_PORT)
}

function parse(text: string, scheme: string, traits: TraitsOf, what: string, lowestPort: number): URL {
  if (text.includes('://')) return parseUrl(text, traits, what, lowestPort)
  const { authority = 'host' } = traits(protocolOf(scheme))
  if (authority === 'host') return endpoint(scheme, text, what, lowestPort)
  const { holds, is } = SHORT_FORMS[authority]
  if (!holds.test(text)) throw invalid(what, `'${redactInput(text)}' is not ${is}`)
  return parseUrl(`${scheme}://${text}`, traits, what, lowestPort)
}

/** What stands for a URL of a transport whose endpoints name no host. */
const SHORT_FORMS = {
  name: { holds: /^[A-Za-z0-9_.-]+$/, is: 'a name of letters, digits, dots, dashes and underscores' },
  none: { holds: /^\/./, is: 'a path such as /run/name' },
} as const

/** A URL of each kind, for messages. */
const EXAMPLES = {
  host: (scheme: string, port: number) => `${scheme}host:${port}`,
  name: (scheme: string) => `${scheme}name`,
  none: (scheme: string) => `${scheme}/path`,
} as const

/**
 * A URL as its transport has them. If it names a host, host and port are checked as those of the short form, and without a
 * port it gets its scheme's. Of an unknown transport, a path alone is as good.
 */
function parseUrl(text: string, traits: TraitsOf, what: string, lowestPort: number): URL {
  const [plain, zone] = withoutZone(text)
  const url = URL.canParse(plain) ? new URL(plain) : undefined
  const { authority, ports } = traits(url?.protocol ?? '')
  const own = ports?.[schemeOf(url?.protocol ?? '')] ?? DEFAULT_PORT
  const hasPathAlone = url?.hostname === '' && url.pathname.length > 1
  if (url !== undefined && hasPathAlone && authority !== 'host' && authority !== 'name') return url
  if (url === undefined || url.hostname === '' || authority === 'none') {
    const scheme = authority === undefined ? 'udp://' : `${url!.protocol}//`
    const example = EXAMPLES[authority ?? 'host'](scheme, own)
    throw invalid(what, `'${redactInput(text)}' is not a URL such as ${example}`)
  }
  if (authority === 'name') {
    if (url.port === '') return url
    throw invalid(what, `'${redactInput(text)}' names a port, and ${url.protocol}// has none`)
  }
  endpoint('tcp', url.port === '' ? url.hostname : url.host, what, lowestPort)
  if (url.port === '') url.port = String(own) // special schemes of URLs drop it again if it is their own
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
