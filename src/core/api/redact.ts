import { zoneOf } from '../ip/zone.js'

/** Stands where something is hidden. */
const HIDDEN = '…'
/** How a URL with a place in it begins. RFC 3986 section 3 */
const SCHEME = /^[a-z][a-z0-9+.-]*:\/\//i
/**
 * A URL within a text: to the next space, but for what closes a quotation or a sentence. Its scheme is bounded, since each letter
 * of a long word may begin one.
 */
const URL_WITHIN = /[a-z][a-z0-9+.-]{0,255}:\/\/\S*[^\s'"`)\]}>,;.:]/gi
/** Characters. What is shorter stands in any text and is not taken for an echo. */
const LEAST_ECHO = 4

/** Endpoints whose file has them without a scheme. */
const bare = new WeakSet<URL>()

/** Has an endpoint shown as its file has it, `HOST:PORT`. */
export function showBare(endpoint: URL): void {
  bare.add(endpoint)
}

/**
 * An endpoint, a proxy or where to listen, for anybody to see: scheme, host, port and path, or host and port alone if its file
 * has it so. User, password, query and fragment are left out, since any of them may be a secret.
 *
 * @param url as the user wrote it.
 * @throws nothing.
 * @example
 * redact(new URL('wss://user:secret@vpn.example.org/door?token=1')) // wss://vpn.example.org/door
 */
export function redact(url: URL): string {
  return bare.has(url) ? hostOf(url) : redactedUrl(url)
}

/** The same as a URL, for programs, however the file has it. */
export function redactedUrl(url: URL): string {
  return `${url.protocol}//${hostOf(url)}${url.pathname === '/' ? '' : url.pathname}`
}

function hostOf(url: URL): string {
  return url.host.replace(']', `${zoneOf(url)}]`)
}

/**
 * The same of a text that somebody wrote in place of a URL or of `HOST:PORT`, whatever it is; `…` stands for what is
 * hidden. A text without any of it stays as it is. If it is unclear what is what, more is hidden.
 */
export function redactInput(text: string): string {
  const scheme = SCHEME.exec(text)?.[0] ?? ''
  const url = scheme !== '' && URL.canParse(text) ? new URL(text) : undefined
  return (url && redactParts(text, scheme, url)) ?? redactBroken(text, scheme)
}

/** A text with the URLs in it redacted: an error of a plugin, a hook's command, what the user typed. */
export function redactText(text: string): string {
  return text.replace(URL_WITHIN, redactInput)
}

/**
 * What somebody answered who was told `url`, without what the answer repeats of its secrets: as they are, percent-encoded,
 * or in base64 as HTTP sends a user and a password.
 */
export function redactEcho(answer: string, url: URL): string {
  let redacted = redactText(answer)
  for (const secret of secretsOf(url)) redacted = redacted.replaceAll(secret, HIDDEN)
  return redacted
}

/** Whether an answer repeats any of those secrets, which cannot be taken out of it. */
export function isEchoOf(answer: string, url: URL): boolean {
  const texts = [answer, decoded(answer)]
  return secretsOf(url).some((secret) => texts.some((text) => text.includes(secret)))
}

/** Of what can be read as `url`; undefined if it is written in another way than usual, as with three slashes. */
function redactParts(text: string, scheme: string, url: URL): string | undefined {
  const [authority] = /^[^/\\?#]*/.exec(text.slice(scheme.length))!
  const [path] = /^[^?#]*/.exec(text.slice(scheme.length + authority.length))!
  const rest = text.slice(scheme.length + authority.length + path.length)
  const host = authority.slice(authority.lastIndexOf('@') + 1)
  const user = host === authority ? '' : `${HIDDEN}@`
  if (user === '' && (url.username !== '' || url.password !== '')) return undefined
  return scheme + user + host + path + (rest.length > 1 ? rest[0] + HIDDEN : rest)
}

/**
 * Of what cannot: any `@` may end a password, any `?` and `#` may begin a query or be part of a password, and a port that is
 * no number may be the begin of one.
 */
function redactBroken(text: string, scheme: string): string {
  const [place] = /^(?:[^?#%]|%(?!3f|23))*/i.exec(text.slice(scheme.length))!
  const rest = text.slice(scheme.length + place.length)
  if (/@|%40/i.test(rest) || /^[^:@%/]*:(?!\d*(?:[/\s]|$))[^:@%]*$/.test(place)) return scheme + HIDDEN
  const shown = place.replace(/^.*(?:@|%40)/is, `${HIDDEN}@`)
  return scheme + shown + (rest.length > 1 ? rest[0] + HIDDEN : rest)
}

/** The longest first: one may be part of another. */
function secretsOf({ hash, password, search, searchParams, username }: URL): string[] {
  const [user, pass] = [decoded(username), decoded(password)]
  const written = [username, password, search.slice(1), hash.slice(1), ...searchParams.values(), user, pass]
  const plain = [...written, ...written.map(decoded)].filter((text) => text.length >= LEAST_ECHO)
  const encoded = [...plain, `${user}:${pass}`].filter((text) => text.length >= LEAST_ECHO).map(base64)
  const all = new Set([...plain, ...plain.map(encodeURIComponent), ...encoded])
  return [...all].sort((a, b) => b.length - a.length)
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** Without the padding, which an echo may lack. */
function base64(text: string): string {
  return btoa(String.fromCodePoint(...new TextEncoder().encode(text))).replace(/=+$/, '')
}
