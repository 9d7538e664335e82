import { asError, ConfigError } from '../api/errors.js'
import type { TraitsOf } from '../api/transport.js'
import { schemeOf } from '../settings/scheme.js'
import type { ProxySettings } from '../settings/transport-settings.js'
import { namesHost } from './no-proxy.js'
import { namesPac, type PacPlace, parsePac } from './pac-place.js'
import { type ProxyServer, parseProxies } from './proxy-url.js'

/** The variables that name a proxy; the first that does counts. */
const NAMING = ['HTTPS_PROXY', 'ALL_PROXY']
const EXEMPTING = 'NO_PROXY'

/** Whether the source of a choice is a variable of the environment. */
export function isVariable(source: string): boolean {
  return [...NAMING, EXEMPTING].includes(source.toUpperCase())
}

/** How an endpoint is dialled. */
export interface ProxyChoice {
  /** The proxies to dial it through, the nearest first; directly if there are none and no PAC file. */
  readonly proxies: readonly ProxyServer[]
  /** The PAC file that says which proxies there are; undefined if none is asked. */
  readonly pac: PacPlace | undefined
  /** The proxies, or the PAC file, as they may be written into logs; undefined if there are none. */
  readonly shown: string | undefined
  /**
   * Who says so: an option, a place in a file or the name of a variable, as messages call it; undefined if nobody says anything.
   */
  readonly source: string | undefined
}

/**
 * How to dial an endpoint. What the settings name holds for all endpoints; from the environment HTTPS_PROXY counts
 * before ALL_PROXY, whichever the endpoint's scheme, since all are tunnelled alike, and NO_PROXY exempts hosts. Each of
 * them in lower case counts before that in upper case.
 *
 * @param port The endpoint's.
 * @throws ConfigError if what names a proxy cannot be read. The message contains no secrets.
 */
export function chooseProxy({ hostname }: URL, port: number, settings: ProxySettings = {}): ProxyChoice {
  const { url, further = [], source = 'the setting', environment = {} } = settings
  if (url !== undefined) return named([url, ...further].join(' '), source)
  const variableOf = (name: string) => [name.toLowerCase(), name].find((one) => environment[one])
  const variable = NAMING.map(variableOf).find((one) => one !== undefined)
  if (variable === undefined) return chosen([], undefined)
  const exempting = variableOf(EXEMPTING)
  if (exempting !== undefined && namesHost(environment[exempting]!, hostname, port)) {
    return chosen([], exempting)
  }
  if (namesPac(environment[variable]!)) {
    throw cannotUse(variable, 'variables name no PAC file; name it in a file or by --proxy')
  }
  return named(environment[variable]!, variable)
}

/**
 * How an endpoint is dialled if its transport can be dialled through proxies; undefined if it cannot.
 *
 * @throws ConfigError if what names a proxy cannot be read. The message contains no secrets.
 */
export function proxyFor(
  endpoint: URL,
  settings: ProxySettings | undefined,
  traits: TraitsOf,
): ProxyChoice | undefined {
  const { ports, proxied } = traits(endpoint.protocol)
  if (proxied !== true) return undefined
  const port = Number(endpoint.port || ports?.[schemeOf(endpoint.protocol)])
  return chooseProxy(endpoint, port, settings)
}

function named(text: string, source: string): ProxyChoice {
  try {
    if (!namesPac(text)) return chosen(parseProxies(text), source)
    const pac = parsePac(text)
    return { proxies: [], pac, shown: pac.shown, source }
  } catch (thrown) {
    throw cannotUse(source, asError(thrown).message)
  }
}

function cannotUse(source: string, why: string): ConfigError {
  return new ConfigError(`Cannot use the proxy of ${source}: ${why}`, { code: 'ERR_CONFIG_VALUE' })
}

function chosen(proxies: readonly ProxyServer[], source: string | undefined): ProxyChoice {
  const shown = proxies.length === 0 ? undefined : shownChain(proxies)
  return { proxies, pac: undefined, shown, source }
}

/** Proxies of a chain as they may be written into logs. */
export function shownChain(proxies: readonly ProxyServer[]): string {
  return proxies.map((proxy) => proxy.shown).join(', then ')
}
