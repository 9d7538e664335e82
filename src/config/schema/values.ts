import * as v from 'valibot'
import { asError } from '../../core/api/errors.js'
import type { TraitsOf } from '../../core/api/transport.js'
import { ROUTING_TABLE } from '../../core/api/tun-device.js'
import { parseIpAddress } from '../../core/ip/ip-address.js'
import { parseIpPrefix } from '../../core/ip/ip-prefix.js'
import { PART_NAME } from '../../core/plugin/plugin.js'
import { PROBE_FORM, parseProbe } from '../../core/portal/probe-url.js'
import { namesPac, parsePac } from '../../core/proxy/pac-place.js'
import { PROXY_FORMS, parseProxies } from '../../core/proxy/proxy-url.js'
import { MAX_SEARCH_DOMAIN, SEARCH_DOMAIN } from '../../core/settings/client-settings.js'
import { INTERFACE_NAME, MAX_INTERFACE_NAME } from '../../core/settings/interface-name.js'
import { NAMESPACE_NAME } from '../../core/settings/namespace-name.js'
import type { NumberSetting } from '../../core/settings/number-setting.js'
import { MAX_PORT } from '../../core/settings/ports.js'
import { momentOf } from './moment.js'
import { parseListen, parsePeer, reasonOf } from './parse.js'

/** What the schema says of a value. */
export interface KeyNotes {
  /** What may stand there, as messages and the documentation say it. */
  readonly allowed: string
  /** Whether messages never show the value. */
  readonly secret?: boolean
  /** Whether it may hold a user and a password, or a token, which messages do not show. */
  readonly url?: boolean
}

/** A value of a file; each message of a schema lists the allowed values. */
function noted<Schema extends v.GenericSchema>(schema: Schema, notes: KeyNotes) {
  return v.pipe(schema, v.metadata({ ...notes }))
}

/** A text that `accepts` takes. */
function text(allowed: string, accepts: (text: string) => boolean) {
  return noted(v.pipe(v.string(allowed), v.check(accepts, allowed)), { allowed })
}

/** A text that looks like `pattern`, which editors check, too. */
function matching(allowed: string, pattern: RegExp) {
  return noted(v.pipe(v.string(allowed), v.regex(pattern, allowed)), { allowed })
}

export function whole({ min, max }: Pick<NumberSetting, 'min' | 'max'>, unit = 'a whole number') {
  const allowed = `${unit} within ${min} to ${max}`
  const schema = v.pipe(
    v.number(allowed),
    v.integer(allowed),
    v.minValue(min, allowed),
    v.maxValue(max, allowed),
  )
  return noted(schema, { allowed })
}

export function oneOf<const Words extends readonly string[]>(words: Words) {
  const allowed = words.map((word) => `"${word}"`).join(', ')
  return noted(v.picklist(words, allowed), { allowed })
}

export const routingTable = () => {
  const { min, max } = ROUTING_TABLE
  const allowed = `"auto", "off" or the number of a table within ${min} to ${max}`
  const number = v.pipe(v.number(), v.integer(allowed), v.minValue(min, allowed), v.maxValue(max, allowed))
  return noted(v.union([v.picklist(['auto', 'off']), number], allowed), { allowed })
}

/** A list of values of one kind. */
export function list<Item extends v.GenericSchema>(item: Item, example: string) {
  const allowed = `a list such as ${example}`
  return noted(v.array(item, allowed), { allowed })
}

/** A list that is bounded. */
export function shortList<Item extends v.GenericSchema>(item: Item, most: number, example: string) {
  const allowed = `a list of at most ${most} such as ${example}`
  return noted(v.pipe(v.array(item, allowed), v.maxLength(most, allowed)), { allowed })
}

const KEY = '32 bytes in base64, 44 characters that end with "="'

/** A key as `wg` writes it. No message shows it: a private one may stand where a public one belongs. */
export const key = () =>
  v.pipe(matching(KEY, /^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/), v.metadata({ secret: true }))

/** A key between two ends, in whatever form its cipher takes; no message shows it. */
export const sharedKey = () => {
  const allowed = 'a text: 64 hexadecimal digits or 44 characters of base64 for most ciphers'
  return noted(v.pipe(v.string(allowed), v.nonEmpty(allowed)), { allowed, secret: true })
}

/** Words that choose a part, as the plugins are named. */
export const partName = () =>
  matching('a name of lower-case letters, digits and dashes, see "qanat plugins"', PART_NAME)

export const interfaceName = () =>
  matching(
    `1 to ${MAX_INTERFACE_NAME} letters, digits, dots, dashes and underscores, no dash first`,
    INTERFACE_NAME,
  )

/** As `ip netns` takes it, without spaces. */
export const namespaceName = () =>
  matching('1 to 64 letters, digits, dots, dashes and underscores, no dot or dash first', NAMESPACE_NAME)

/** What a human calls a peer; a single line. */
export const peerName = () =>
  matching(`1 to ${MAX_PEER_NAME} letters, digits, spaces, dots, dashes and underscores`, PEER_NAME)
const MAX_PEER_NAME = 64
const PEER_NAME = new RegExp(`^[\\p{L}\\p{N}_][\\p{L}\\p{N}_. -]{0,${MAX_PEER_NAME - 1}}$`, 'u')

/** When something ends. */
export const moment = () =>
  text(
    'a date such as "2027-01-31", which lasts to its end in UTC, or a time such as "2027-01-31T12:00:00Z"',
    (text) => momentOf(text) !== undefined,
  )

/** Whom a process may run as. */
export const user = () =>
  matching(
    'the name of a user such as "nobody", or a number as a text',
    /^(?:[A-Za-z_][A-Za-z0-9_.-]{0,31}\$?|\d{1,10})$/,
  )

export const group = () =>
  matching(
    'the name of a group such as "qanat-control", or a number as a text',
    /^(?:[A-Za-z_][A-Za-z0-9_.-]{0,31}|\d{1,10})$/,
  )

export const path = () => text('the path of a file, relative to this one', (value) => value !== '')

/** An address alone. */
export const ipAddress = () =>
  text('an address such as 10.0.0.1 or fd00::1', (value) => parseIpAddress(value) !== undefined)

/** An own address with the bits of its network. */
export const addressWithBits = () =>
  text('an address such as 10.0.0.1/24 or fd00::1/64', (value) => parseIpPrefix(value) !== undefined)

/** Inner addresses that a peer owns. */
export const prefix = () =>
  text('a range such as 10.0.0.2/32 or fd00::/64', (value) => parseIpPrefix(value) !== undefined)

/** Where a peer is reached. */
export const endpoint = () => url('a URL such as udp://vpn.example.org:51820 or wss://host/path', parsePeer)

/** Where this end listens; the host is a local address. */
export const listenEndpoint = () =>
  url('a URL such as udp://[::]:51820 or wss://0.0.0.0:443/path', parseListen)

/** Whether a text is a URL of a scheme that nothing is known of. What its transport has against it is told later. */
function url(allowed: string, parse: (text: string, scheme: string, traits: TraitsOf) => URL) {
  const why = (value: string): string | undefined => {
    if (!SCHEME.test(value)) return ''
    if (/\s/.test(value)) return '; it holds white space'
    if (value.includes('#')) return "; it has a '#', and no endpoint a fragment"
    if (Number(PORT.exec(value)?.[1] ?? 0) > MAX_PORT) return `; its port is above ${MAX_PORT}`
    try {
      parse(value, 'udp', () => ({}))
    } catch (thrown) {
      const reason = reasonOf(thrown)
      return reason.includes('is not a URL such as') ? '' : `; ${reason}`
    }
    return undefined
  }
  const isOne = v.check(
    (value: string) => why(value) === undefined,
    ({ input }) => `${allowed}${why(input)}`,
  )
  return v.pipe(v.string(allowed), isOne, v.metadata({ allowed, url: true }))
}

/** How a URL begins. */
const SCHEME = /^[a-z][a-z0-9+.-]*:\/\//
/** The port of a URL, after what may be a login. */
const PORT = /^[a-z0-9+.-]+:\/\/(?:[^/?#]*@)?(?:\[[^\]]*\]|[^/?#:@]*):(\d+)(?:[/?#]|$)/

/** A proxy, maybe with a password, so no message shows it. */
export const proxy = () => {
  const isOne = v.check(
    (value: string) => faultOfProxy(value) === undefined,
    ({ input }) => `${PROXY_FORMS}; ${faultOfProxy(input)}`,
  )
  return v.pipe(v.string(PROXY_FORMS), isOne, v.metadata({ allowed: PROXY_FORMS, secret: true }))
}

function faultOfProxy(value: string): string | undefined {
  try {
    if (namesPac(value)) parsePac(value)
    else parseProxies(value)
    return undefined
  } catch (thrown) {
    return asError(thrown).message
  }
}

/** A URL whose answer is known. */
export const portalProbe = () => {
  const isOne = v.check((value: string) => parseProbe(value) !== undefined, PROBE_FORM)
  return v.pipe(v.string(PROBE_FORM), isOne, v.metadata({ allowed: PROBE_FORM, url: true }))
}

/** RFC 9110 section 5.1. It may be a login, so no message shows it. */
export const header = () =>
  v.pipe(
    matching('a header such as "Host: example.org"', /^[!#$%&'*+.^_`|~0-9A-Za-z-]+:[^\r\n]*$/),
    v.metadata({ secret: true }),
  )

/** The same for a proxy, whose login and framing are Qanat's. */
export const proxyHeader = () => {
  const allowed =
    'a header such as "User-Agent: Mozilla/5.0", but not Proxy-Authorization, Content-Length or Transfer-Encoding'
  return v.pipe(
    matching(
      allowed,
      /^(?!(?:proxy-authorization|content-length|transfer-encoding):)[!#$%&'*+.^_`|~0-9A-Za-z-]+:[^\r\n]*$/i,
    ),
    v.metadata({ secret: true }),
  )
}

/** A pin may be written in several ways, curl's among them. */
export const pin = () =>
  matching(
    'a SHA-256, as 44 characters of base64 or 64 hexadecimal digits, with or without "sha256/" before it',
    /^(sha256\/{1,2})?([A-Za-z0-9+/]{43}=?|[0-9a-fA-F]{64})$/,
  )

/** A name or an address of a host, without a port. */
export const hostName = () => matching('the name of a host', /^[A-Za-z0-9_.:-]{1,253}$/)

/** A name server's address, or a domain to search in. */
export const nameServer = () => matching('the address of a name server, or a domain', NAME_SERVER)
/** As resolvectl(1) takes them: an address may have a zone and a name for TLS, a domain may have a tilde before it. */
const NAME_SERVER =
  /^(?:~?[A-Za-z0-9_.:-]{1,253}|[0-9A-Fa-f:.]{2,45}(?:%[A-Za-z0-9_.-]{1,15})?(?:#[A-Za-z0-9_.-]{1,253})?)$/

/** A domain of names. RFC 1035 section 2.3.1, and the underscore that services have */
export const domain = () => matching('a domain such as corp.example.org', DOMAIN)
const DOMAIN =
  /^(?=.{1,253}$)[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?(?:\.[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?)*$/

/** A name server or a domain that is pushed to clients. */
export const pushedName = () =>
  text(
    `the address of a name server, or a domain of at most ${MAX_SEARCH_DOMAIN} characters`,
    (value) => parseIpAddress(value) !== undefined || (SEARCH_DOMAIN.test(value) && !/^[\d.]+$/.test(value)),
  )

/** A command for the shell, in a line. */
export const command = () => text('a command', (value) => value !== '' && !/[\r\n]/.test(value))

/** A program by its name, or by its path from the root. */
export const program = () =>
  matching('the name of a program, or its absolute path', /^(?:\/[^\r\n]+|[A-Za-z0-9][A-Za-z0-9._+-]*)$/)

export const toggle = () => noted(v.boolean('true or false'), { allowed: 'true or false' })

/** What the plugin says more of, once it is loaded. It may be a secret in the wrong place, so no message shows it. */
export const pluginOption = () => {
  const allowed = 'a text, a number, true, false or a list of texts'
  const schema = v.union([v.string(), v.number(), v.boolean(), v.array(v.string())], allowed)
  return noted(schema, { allowed, secret: true })
}

/** A path, or the name of a package. */
export const plugin = () =>
  text('a path that starts with ./ or /, or the name of a package', (value) => value !== '')
