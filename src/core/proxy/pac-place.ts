import { MAX_PORT, MIN_PORT } from '../settings/ports.js'
import { MAX_PROXIES, type ProxyServer, parseProxy } from './proxy-url.js'

/** Bytes of a PAC file. */
export const MAX_PAC = 1_048_576
/** How a PAC file is named, for messages. */
const SPELLING = 'pac+https://HOST/PATH or pac+file:PATH'
const PAC = /^pac\+([a-z]*):/i
const KINDS = ['https', 'http', 'file'] as const
const BLANKS = /[ \t]+/

/** A PAC file, a script that says which proxies lead to an endpoint. */
export interface PacPlace {
  readonly kind: (typeof KINDS)[number]
  /** Its URL, of `https:` or `http:`; undefined if it is a file. */
  readonly url: URL | undefined
  /** Its path as it was written; undefined if it is fetched. */
  readonly path: string | undefined
  /** How logs name it: without its query, which may be a secret. */
  readonly shown: string
  /** Proxies that it may name, with the logins that they are told. No other one is told any. */
  readonly logins: readonly ProxyServer[]
}

/** Whether a text that names proxies names a PAC file. */
export function namesPac(text: string): boolean {
  return PAC.test(text)
}

/**
 * Reads what names a PAC file: its URL, and behind blanks up to four proxies with a login each.
 *
 * @throws Error that says what is wrong, to be read after the name of the place. It contains nothing of the text but its scheme.
 */
export function parsePac(text: string): PacPlace {
  const [place, ...proxies] = text.split(BLANKS)
  const logins = proxies.map(parseProxy)
  if (logins.length > MAX_PROXIES) throw new Error(`more than ${MAX_PROXIES} proxies follow its PAC file`)
  if (logins.some(({ credentials }) => credentials === undefined)) {
    throw new Error('a proxy without a login follows its PAC file, which alone says which proxies there are')
  }
  const [scheme, name] = PAC.exec(place!)!
  const kind = KINDS.find((kind) => kind === name!.toLowerCase())
  if (kind === undefined) throw new Error(`its PAC file is not named as ${SPELLING}`)
  const rest = place!.slice(scheme.length)
  return { kind, logins, ...(kind === 'file' ? filePlace(rest) : webPlace(kind, rest)) }
}

/** A path, relative or not; two slashes before it are those of a URL without a host. RFC 8089 section 2 */
function filePlace(rest: string): Pick<PacPlace, 'url' | 'path' | 'shown'> {
  const written = rest.startsWith('///') ? rest.slice(2) : rest
  if (written === '' || written.startsWith('//'))
    throw new Error(`its PAC file has no path on this host; write ${SPELLING}`)
  try {
    const path = decodeURIComponent(written)
    if (path.includes('\0')) throw new Error('a path has no zero byte')
    return { url: undefined, path, shown: `pac+file:${written}` }
  } catch {
    throw new Error("the path of its PAC file holds a '%' that begins no escape; write it as %25")
  }
}

function webPlace(kind: 'http' | 'https', rest: string): Pick<PacPlace, 'url' | 'path' | 'shown'> {
  const text = `${kind}:${rest}`
  if (!rest.startsWith('//') || rest.startsWith('///') || !URL.canParse(text)) {
    throw new Error(`its PAC file is at no URL; write ${SPELLING}`)
  }
  const url = new URL(text)
  if (url.username !== '' || url.password !== '') {
    throw new Error(
      'a login stands before the host of its PAC file, which is fetched without; logins of proxies follow it, each as a proxy of its own',
    )
  }
  const port = url.port === '' ? MIN_PORT : Number(url.port)
  if (!(port >= MIN_PORT && port <= MAX_PORT))
    throw new Error(`the port of its PAC file is not within ${MIN_PORT} to ${MAX_PORT}`)
  url.hash = ''
  return { url, path: undefined, shown: `pac+${kind}://${url.host}${url.pathname}` }
}
