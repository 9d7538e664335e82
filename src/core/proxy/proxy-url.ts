import { HTTP_PORT, HTTPS_PORT, MAX_PORT, MIN_PORT } from '../settings/ports.js'

/** What a proxy without a port means. */
const DEFAULT_PORTS = {
  http: HTTP_PORT,
  https: HTTPS_PORT,
  socks5: 1080, // RFC 1928 section 3
} as const
export type ProxyKind = keyof typeof DEFAULT_PORTS
/** Schemes of proxies. With any of the last three, names are resolved at the proxy. */
const KINDS: ReadonlyMap<string, ProxyKind> = new Map([
  ['http', 'http'],
  ['https', 'https'],
  ['socks5', 'socks5'],
  ['socks5h', 'socks5'],
  ['socks', 'socks5'],
])
/** What stands between the proxies of a chain. */
const BLANKS = /[ \t]+/
/** Says that no proxy is to be used, whatever else names one. */
const NO_PROXY_AT_ALL = 'none'
/** How a login is written, for messages. */
const SPELLING = 'http://DOMAIN%5CUSER:PASSWORD@HOST:PORT'
/** What may stand for a proxy, for messages. */
export const PROXY_FORMS = `"none", HOST:PORT, a URL such as ${SPELLING}, https://HOST:443 or socks5://HOST:1080, up to four of these with a blank between them, or a PAC file: pac+https://HOST/PATH or pac+file:PATH`

const SCHEME = /^([a-z][a-z0-9+.-]*):\/\//i
/** What ends the place of a URL, and so cannot stand in a login. RFC 3986 section 3.2 */
const ENDS_PLACE = /[/?#]/
/** A percent sign that begins no escape. RFC 3986 section 2.1 */
const BAD_ESCAPE = /%(?![0-9a-f]{2})/i
/** RFC 7617 section 2 has no control characters in a user or a password. The others are halves of characters, no text. */
const NO_TEXT = /[\p{Cc}\p{Cs}]/u
const HOST_AND_PORT = /^(\[[^\]]*\]|[^:[\]]*)(?::(\d*))?$/
/** What a host cannot hold though URLs would read over it, or take it for something else. */
const NOT_OF_HOST = /[\\@%\s]/

/** A proxy that streams are dialled through. */
export interface ProxyServer {
  readonly kind: ProxyKind
  /** Where it listens, with the login, percent-encoded. */
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

/** Proxies of a chain. */
export const MAX_PROXIES = 4

/**
 * Reads what names proxies: `none`, one proxy, or a chain of URLs between blanks, the nearest first, each reached through those
 * before it.
 *
 * @returns the proxies; none if nothing is to be dialled through any.
 * @throws Error that says what is wrong, to be read after the name of the place. It contains nothing of the text but a scheme.
 */
export function parseProxies(text: string): readonly ProxyServer[] {
  if (text === NO_PROXY_AT_ALL) return []
  const words = text.split(BLANKS)
  if (words.length === 1 || !words.every((word) => SCHEME.test(word))) return [parseProxy(text)]
  if (words.length > MAX_PROXIES) throw new Error(`it is a chain of more than ${MAX_PROXIES} proxies`)
  const proxies = words.map(parseProxy)
  if (new Set(proxies.map(({ shown }) => shown)).size < proxies.length) {
    throw new Error('it is a chain with a proxy that is in it twice')
  }
  return proxies
}

/**
 * Reads what names a proxy, wherever it stands: in a file, on the command line or in a variable. What stands before the last `@` is
 * the login; a backslash may stand there as it is, as Windows writes domains, and so may any other character but `/`, `?`, `#`, `%` and
 * blanks, which are to be percent-encoded.
 *
 * @throws Error that says what is wrong, to be read after the name of the place. It contains nothing of the text but a scheme.
 */
export function parseProxy(text: string): ProxyServer {
  const [prefix = '', scheme] = SCHEME.exec(text) ?? []
  const kind = KINDS.get(scheme?.toLowerCase() ?? 'http')
  if (kind === undefined) throw new Error(unknownScheme(scheme!))
  const rest = text.slice(prefix.length)
  const at = rest.lastIndexOf('@')
  const credentials = at < 0 ? undefined : credentialsOf(rest.slice(0, at))
  const { host, port } = placeOf(rest.slice(at + 1), prefix !== '')
  return proxyServer(kind, host, port ?? DEFAULT_PORTS[kind], credentials)
}

function unknownScheme(scheme: string): string {
  const shown = scheme.length > 10 ? 'its scheme' : `'${scheme}://'`
  return `${shown} is not http://, https:// or socks5://`
}

function credentialsOf(login: string): Credentials | undefined {
  const [wrong] = ENDS_PLACE.exec(login) ?? []
  if (wrong !== undefined) {
    const spelled = `%${wrong.charCodeAt(0).toString(16).toUpperCase()}`
    throw new Error(`a '${wrong}' stands before its '@'; write it as ${spelled}, as in ${SPELLING}`)
  }
  if (/\s/.test(login))
    throw new Error(`its user or password holds a blank; write it as %20, as in ${SPELLING}`)
  if (BAD_ESCAPE.test(login)) {
    throw new Error(
      `its user or password holds a '%' that begins no escape; write it as %25, as in ${SPELLING}`,
    )
  }
  const colon = login.indexOf(':')
  const [user, password] = colon < 0 ? [login, ''] : [login.slice(0, colon), login.slice(colon + 1)]
  const credentials = { user: decoded(user), password: decoded(password) }
  if (NO_TEXT.test(credentials.user + credentials.password)) {
    throw new Error('its user or password holds a control character')
  }
  return login === '' || login === ':' ? undefined : credentials
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new Error(`its user or password holds escapes that are not UTF-8; write them as in ${SPELLING}`)
  }
}

function placeOf(text: string, hasScheme: boolean): { host: string; port: number | undefined } {
  const place = text.endsWith('/') ? text.slice(0, -1) : text
  if (ENDS_PLACE.test(place))
    throw new Error(`a path, a '?' or a '#' follows its host, as in no proxy: ${SPELLING}`)
  const [, name, digits = ''] = HOST_AND_PORT.exec(place) ?? []
  if (name === '') throw new Error(`it names no host, as in ${SPELLING}`)
  const url = `http://${name}`
  if (name === undefined || NOT_OF_HOST.test(name) || !URL.canParse(url)) {
    throw new Error(`its host is neither a name nor an address, as in ${SPELLING}`)
  }
  if (!hasScheme && digits === '')
    throw new Error('it has neither a scheme nor a port; write HOST:PORT or http://HOST')
  const port = digits === '' ? undefined : Number(digits)
  if (port !== undefined && !(port >= MIN_PORT && port <= MAX_PORT)) {
    throw new Error(`its port is not within ${MIN_PORT} to ${MAX_PORT}`)
  }
  return { host: new URL(url).hostname, port }
}

function proxyServer(
  kind: ProxyKind,
  host: string,
  port: number,
  credentials: Credentials | undefined,
): ProxyServer {
  const shown = `${kind}://${host}:${port}`
  const url = new URL(shown)
  if (credentials !== undefined) {
    url.username = encodeURIComponent(credentials.user)
    url.password = encodeURIComponent(credentials.password)
  }
  return { kind, url, port, shown, credentials }
}
