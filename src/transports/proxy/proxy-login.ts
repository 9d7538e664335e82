import { randomBytes } from 'node:crypto'
import type { Credentials } from '../../core/proxy/proxy-url.js'
import { type Failure, failure } from '../../core/reasons/reason.js'
import type { ProxyAuth } from '../../core/settings/transport-settings.js'
import { printable } from '../net/printable.js'
import { type Challenge, parseChallenges } from './challenges.js'
import { answerDigest, strongestDigest } from './digest.js'
import type { Accepted, DigestInUse, KnownLogin } from './known-login.js'

/** Schemes that need a login at a Windows domain. */
const DOMAIN_SCHEMES = new Set(['ntlm', 'negotiate', 'kerberos'])
/** Bytes of randomness in a client's nonce. */
const NONCE_BYTES = 16

/** Who logs in where. */
export interface LoginParts {
  readonly credentials: Credentials | undefined
  /** The proxy, whose answers may repeat what it was told. */
  readonly proxy: URL
  /** The same, as it may be written into logs. */
  readonly shown: string
  /** What is asked of it: `CONNECT`, or what the server behind it is asked. */
  readonly method: string
  /** What is to be connected to or asked for, as it stands in the request. */
  readonly target: string
  readonly auth: ProxyAuth
  readonly known: KnownLogin
}

/** What to try next. */
export interface NextTry {
  /** The value of Proxy-Authorization. */
  readonly authorization: string
  /** Whether by another connection, even if the one in use could serve. */
  readonly anew: boolean
}

/**
 * Logs in at an HTTP proxy: finds the answer to each refusal, until the proxy shows that it does not accept it. The
 * password leaves only for Basic: if the proxy offers nothing better, and never once it offered Digest.
 */
export class ProxyLogin {
  readonly #parts: LoginParts
  /** What the last request said. */
  #tried: Accepted | undefined

  constructor(parts: LoginParts) {
    this.#parts = parts
  }

  /** What the first request says: what the proxy took before, or Basic if nothing else is wanted. */
  first(): string | undefined {
    const { accepted, isRefused } = this.#parts.known
    if (this.#parts.credentials === undefined || isRefused) return undefined
    if (accepted?.scheme === 'digest') return this.#digest(accepted)
    return accepted?.scheme === 'basic' || this.#parts.auth === 'basic' ? this.#basic() : undefined
  }

  /** Notes that the proxy connects. */
  taken(): void {
    this.#parts.known.took(this.#tried ?? { scheme: 'none' })
  }

  /**
   * What to try after a 407, or a 401, which some proxies say instead.
   *
   * @param headers Those named Proxy-Authenticate.
   * @throws Failure that says what the proxy wants.
   */
  afterRefusal(headers: readonly string[]): NextTry {
    const { auth, credentials, known } = this.#parts
    const challenges = parseChallenges(headers)
    const digest = strongestDigest(challenges)
    if (digest !== undefined) known.offeredDigest = true
    const stale = digest?.parameters.get('stale')?.toLowerCase() === 'true'
    // A nonce that has merely expired is replaced; anything else is a refusal. RFC 7616 section 3.3
    if (this.#tried === undefined && known.isRefused)
      throw failure('proxy-credentials-before', { proxy: this.#parts.shown })
    const refused = this.#tried !== undefined && !(stale && this.#tried.scheme === 'digest')
    if (refused && !known.refused()) throw failure('proxy-credentials', { proxy: this.#parts.shown })
    if (digest !== undefined && auth !== 'basic') {
      this.#askFor(credentials)
      return { authorization: this.#digest({ scheme: 'digest', challenge: digest, count: 0 }), anew: refused }
    }
    const readable = challenges.length > 0
    if (readable && (auth === 'digest' || !challenges.some(({ scheme }) => scheme === 'basic'))) {
      throw unsupported(challenges, this.#parts)
    }
    this.#askFor(credentials)
    if (auth === 'digest') throw failure('proxy-offers-no-digest', { proxy: this.#parts.shown })
    if (known.offeredDigest && auth !== 'basic') {
      throw failure('proxy-downgrade', { proxy: this.#parts.shown })
    }
    return { authorization: this.#basic(), anew: refused }
  }

  /** What to try after the proxy closed the connection without a byte; undefined if there is nothing to try. */
  afterClose(): NextTry | undefined {
    const { auth, credentials, known } = this.#parts
    if (this.#tried !== undefined) {
      known.closed()
      return undefined
    }
    if (credentials === undefined || auth === 'digest') return undefined
    if (known.offeredDigest || known.isRefused) return undefined
    return { authorization: this.#basic(), anew: true }
  }

  #askFor(credentials: Credentials | undefined): void {
    if (credentials !== undefined) return
    throw failure('proxy-wants-login', { proxy: this.#parts.shown })
  }

  /** RFC 7617 */
  #basic(): string {
    const { password, user } = this.#parts.credentials!
    if (user.includes(':')) throw failure('proxy-user-colon', { proxy: this.#parts.shown })
    this.#tried = { scheme: 'basic' }
    return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
  }

  #digest(inUse: DigestInUse): string {
    inUse.count++
    this.#tried = inUse
    const { credentials, method, target } = this.#parts
    const clientNonce = randomBytes(NONCE_BYTES).toString('hex')
    const request = { method, uri: target, clientNonce, count: inUse.count }
    return answerDigest(inUse.challenge, credentials!, request)
  }
}

function unsupported(challenges: readonly Challenge[], { auth, proxy, shown }: LoginParts): Failure {
  const names = challenges.map(({ scheme }) => scheme)
  const schemes = printable(names.join(', '), proxy)
  if (names.some((scheme) => DOMAIN_SCHEMES.has(scheme))) {
    return failure('proxy-login-domain', { proxy: shown, schemes })
  }
  if (auth !== 'any') return failure('proxy-login-other', { proxy: shown, schemes, auth })
  return failure('proxy-login-unknown', { proxy: shown, schemes })
}
