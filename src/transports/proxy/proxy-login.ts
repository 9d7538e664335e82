import { randomBytes } from 'node:crypto'
import { printable } from '../net/printable.js'
import { parseChallenges } from './challenges.js'
import type { Credentials } from './choose-proxy.js'
import { answerDigest, strongestDigest } from './digest.js'

/** Schemes that need a login at a Windows domain. */
const DOMAIN_SCHEMES = new Set(['ntlm', 'negotiate', 'kerberos'])
/** Bytes of randomness in a client's nonce. */
const NONCE_BYTES = 16

/**
 * Logs in at an HTTP proxy: finds the answer to each 407, until the proxy shows that it does not accept it. The
 * password leaves only for Basic, and only if the proxy offers nothing better.
 */
export class ProxyLogin {
  readonly #credentials: Credentials | undefined
  readonly #proxy: URL
  #answered = false

  constructor(credentials: Credentials | undefined, proxy: URL) {
    this.#credentials = credentials
    this.#proxy = proxy
  }

  /**
   * The Proxy-Authorization header to try next.
   *
   * @param headers Those named Proxy-Authenticate in the 407.
   * @param target What is to be connected to, as it stands in the request.
   * @throws Error that says what the proxy wants.
   */
  answer(headers: readonly string[], target: string): string {
    const challenges = parseChallenges(headers)
    const digest = strongestDigest(challenges)
    const basic = challenges.some(({ scheme }) => scheme === 'basic')
    const schemes = challenges.map(({ scheme }) => scheme)
    if (digest === undefined && !basic) throw new Error(unsupported(schemes, this.#proxy))
    if (this.#credentials === undefined) {
      throw new Error('requires a user name and a password: give them as http://user:password@host:port')
    }
    // A nonce that has merely expired is replaced; anything else is a refusal. RFC 7616 section 3.3
    const stale = digest?.parameters.get('stale')?.toLowerCase() === 'true'
    if (this.#answered && !stale) throw new Error('rejected the user name and the password')
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

function unsupported(schemes: readonly string[], proxy: URL): string {
  const names =
    schemes.length > 0 ? printable(schemes.join(', '), proxy) : 'no way to log in that Qanat can read'
  if (!schemes.some((scheme) => DOMAIN_SCHEMES.has(scheme))) {
    return `offers ${names}; known are Basic and Digest (MD5, SHA-256, qop=auth)`
  }
  return `wants a login by ${names}, which Qanat does not support: run cntlm or px on this host and name that as the proxy`
}
