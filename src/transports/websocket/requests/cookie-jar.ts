/** Cookies that are kept of all servers together, and characters of each. */
const MAX_COOKIES = 32
const MAX_LENGTH = 1_024
/** A name and a value as RFC 6265 section 4.1.1 has them. */
const COOKIE =
  /^([!#$%&'*+.^_`|~0-9A-Za-z-]+)=([\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*|"[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*")$/

interface Cookie {
  readonly name: string
  readonly value: string
  /** Its server, and where on it the cookie is sent. */
  readonly origin: string
  readonly path: string
  /** When it is forgotten, by the clock; Infinity for never. */
  readonly expires: number
}

/**
 * Cookies that servers set with their answers to upgrades, in memory: load balancers know by one which of their servers a client
 * was led to. Each goes back to the server that set it and to no other, whatever `Domain` says, and over the same scheme.
 */
export class CookieJar {
  readonly #now: () => number
  /** The one set last at the end. */
  #cookies: readonly Cookie[] = []

  /** @param now Milliseconds since 1970. */
  constructor(now: () => number) {
    this.#now = now
  }

  /** Keeps what a server's Set-Cookie headers say. What is malformed or too long is ignored. */
  take(endpoint: URL, headers: readonly string[] = []): void {
    for (const header of headers) {
      const [pair = '', ...attributes] = header.split(';').map((part) => part.trim())
      const [, name, value] = COOKIE.exec(pair) ?? []
      if (name === undefined || value === undefined || pair.length > MAX_LENGTH) continue
      const origin = originOf(endpoint)
      const path = pathOf(attributes, endpoint)
      const expires = this.#expiryOf(attributes)
      const others = this.#cookies.filter(
        (other) => other.name !== name || other.origin !== origin || other.path !== path,
      )
      this.#cookies = [...others, { name, value, origin, path, expires }].slice(-MAX_COOKIES)
    }
  }

  /** The value of a request's Cookie header; undefined if there is nothing to send. */
  cookiesFor(endpoint: URL): string | undefined {
    const now = this.#now()
    this.#cookies = this.#cookies.filter(({ expires }) => expires > now)
    const origin = originOf(endpoint)
    const sent = this.#cookies.filter(
      (cookie) => cookie.origin === origin && isBelow(endpoint.pathname, cookie.path),
    )
    return sent.length === 0 ? undefined : sent.map(({ name, value }) => `${name}=${value}`).join('; ')
  }

  /** RFC 6265 sections 5.2.1 and 5.2.2: Max-Age goes before Expires. */
  #expiryOf(attributes: readonly string[]): number {
    const maxAge = attributeOf(attributes, 'max-age')
    if (maxAge !== undefined && /^-?\d+$/.test(maxAge)) return this.#now() + Number(maxAge) * 1_000
    const date = Date.parse(attributeOf(attributes, 'expires') ?? '')
    return Number.isNaN(date) ? Number.POSITIVE_INFINITY : date
  }
}

function attributeOf(attributes: readonly string[], name: string): string | undefined {
  const found = attributes.findLast((attribute) => attribute.toLowerCase().startsWith(`${name}=`))
  return found?.slice(name.length + 1)
}

/** RFC 6265 section 5.1.4: without a path it is the folder of what was asked for. */
function pathOf(attributes: readonly string[], { pathname }: URL): string {
  const path = attributeOf(attributes, 'path')
  return path?.startsWith('/') ? path : pathname.slice(0, Math.max(1, pathname.lastIndexOf('/')))
}

function isBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith('/') ? folder : `${folder}/`)
}

function originOf({ protocol, host }: URL): string {
  return `${protocol}//${host}`
}
