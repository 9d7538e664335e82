import { randomBytes } from 'node:crypto'
import type { Credentials } from '../../core/proxy/proxy-url.js'
import { type Failure, failure } from '../../core/reasons/reason.js'
import { printable } from '../net/printable.js'
import { parseChallenges } from './challenges.js'
import { answerDigest, strongestDigest } from './digest.js'

/** Schemes that need a login at a Windows domain. */
const DOMAIN_SCHEMES = new Set(['ntlm', 'negotiate', 'kerberos'])
/** Bytes of randomness in a client's nonce. */
const NONCE_BYTES = 16

/** Whom to log in at, and as whom. */
export interface ProxyLoginParts {
  readonly credentials: Credentials | undefined
  readonly proxy: URL
  /** The proxy as it may be written into logs. */
  readonly shown: string
}

/**
 * Logs in at an HTTP proxy: finds the answer to each 407, until the proxy shows that it does not accept it. The
 * password leaves only for Basic, and only if the proxy offers nothing better.
 */
export class ProxyLogin {
  readonly #credentials: Credentials | undefined
  readonly #proxy: URL
  readonly #shown: string
  #answered = false

  constructor({ credentials, proxy, shown }: ProxyLoginParts) {
    this.#credentials = credentials
    this.#proxy = proxy
    this.#shown = shown
  }

  /**
   * The Proxy-Authorization header to try next.
   *
   * @param headers Those named Proxy-Authenticate in the 407.
   * @param target What is to be connected to, as it stands in the request.
   * @throws Failure that says what the proxy wants.
   */
  answer(headers: readonly string[], target: string): string {
    const challenges = parseChallenges(headers)
    const digest = strongestDigest(challenges)
    const basic = challenges.some(({ scheme }) => scheme === 'basic')
    const schemes = challenges.map(({ scheme }) => scheme)
    if (digest === undefined && !basic) throw unsupported(schemes, this.#proxy, this.#shown)
    if (this.#credentials === undefined) {
      throw failure('proxy-wants-login', { proxy: this.#shown })
    }
    // A nonce that has merely expired is replaced; anything else is a refusal. RFC 7616 section 3.3
    const stale = digest?.parameters.get('stale')?.toLowerCase() === 'true'
    if (this.#answered && !stale) throw failure('proxy-credentials', { proxy: this.#shown })
    this.#answered = true
    if (digest === undefined) return answerBasic(this.#credentials)
    const clientNonce = randomBytes(NONCE_BYTES).toString('hex')
    return answerDigest(digest, this.#credentials, { method: 'CONNECT', uri: target, clientNonce })
  }
}

/** RFC 7617 */
function answerBasic({ user, password }: Credentials): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
}

function unsupported(schemes: readonly string[], proxy: URL, shown: string): Failure {
  const names =
    schemes.length > 0 ? printable(schemes.join(', '), proxy) : 'no way to log in that Qanat can read'
  if (!schemes.some((scheme) => DOMAIN_SCHEMES.has(scheme))) {
    return failure('proxy-login-unknown', { proxy: shown, schemes: names })
  }
  return failure('proxy-login-domain', { proxy: shown, schemes: names })
}
