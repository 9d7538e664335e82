import type { PacPlace } from '../../core/proxy/pac-place.js'
import { type ProxyKind, type ProxyServer, parseProxy } from '../../core/proxy/proxy-url.js'

/** Ways of an answer that are taken; further ones are not tried. */
export const MAX_WAYS = 8

/** What PAC files call proxies. `SOCKS` is asked by SOCKS5: nobody runs the former version alone. */
const KINDS: ReadonlyMap<string, ProxyKind> = new Map([
  ['PROXY', 'http'],
  ['HTTP', 'http'],
  ['HTTPS', 'https'],
  ['SOCKS', 'socks5'],
  ['SOCKS5', 'socks5'],
])

/**
 * The ways that a PAC file's answer names, such as `PROXY a:8080; SOCKS5 b:1080; DIRECT`, in its order: a proxy, or undefined for
 * none. What cannot be read and what is named again is left out. A login within is none: only the configuration names those, for
 * that very kind, host and port.
 */
export function readPacAnswer(
  text: string,
  { logins }: Pick<PacPlace, 'logins'>,
): (ProxyServer | undefined)[] {
  const ways = new Map<string, ProxyServer | undefined>()
  for (const entry of text.split(';')) {
    const [word = '', place, ...more] = entry.trim().split(/\s+/)
    if (word.toUpperCase() === 'DIRECT' && place === undefined) ways.set('', undefined)
    const kind = KINDS.get(word.toUpperCase())
    if (kind === undefined || place === undefined || more.length > 0) continue
    const proxy = proxyAt(kind, place)
    if (proxy === undefined) continue
    ways.set(proxy.shown, logins.find(({ shown }) => shown === proxy.shown) ?? proxy)
  }
  return [...ways.values()].slice(0, MAX_WAYS)
}

function proxyAt(kind: ProxyKind, place: string): ProxyServer | undefined {
  if (/[@/?#]/.test(place)) return undefined
  try {
    return parseProxy(`${kind}://${place}`)
  } catch {
    return undefined
  }
}
