/** `http://host:port` or `wss://host` before the path of a request that was made for a proxy. RFC 9112 section 3.2.2 */
const AUTHORITY = /^(?:http|ws)s?:\/\/[^/?#]*/i
/** Octets that mean something else if they are not encoded: they stay as they are. */
const KEPT = /%(?:2f|25)/i

/** The path of a request's target, without its query, whether the target is a path or, as proxies send it, a URL. */
export function requestPath(target = '/'): string {
  const path = target.replace(AUTHORITY, '').replace(/[?#].*$/s, '')
  return path === '' ? '/' : path
}

/**
 * Whether two paths are the same but for which octets are percent-encoded, which front ends change: `/%74unnel` is
 * `/tunnel`, while `/a%2Fb` is not `/a/b` (RFC 3986 section 2.2).
 */
export function isSamePath(one: string, other: string): boolean {
  return one === other || (plainPath(one) === plainPath(other) && plainPath(one) !== undefined)
}

/** A path with no octet encoded that need not be, as text of single bytes; undefined if it is malformed. */
function plainPath(path: string): string | undefined {
  if (/%(?![0-9a-f]{2})/i.test(path)) return undefined
  return path.replace(/%[0-9a-f]{2}/gi, (octet) =>
    KEPT.test(octet) ? octet.toUpperCase() : String.fromCharCode(Number.parseInt(octet.slice(1), 16)),
  )
}
