import { createHash } from 'node:crypto'
import type { Credentials } from '../../core/proxy/proxy-url.js'
import type { Challenge } from './challenges.js'

/** Hash functions by what a challenge calls them, in lower case, the strongest first. */
const HASHES = { 'sha-256': 'sha256', md5: 'md5' } as const

type Algorithm = keyof typeof HASHES

/** What is asked for, and the client's own nonce. */
export interface DigestRequest {
  readonly method: string
  readonly uri: string
  readonly clientNonce: string
  /** The request's number under the nonce, from 1. */
  readonly count: number
}

/** The strongest of the Digest challenges that can be answered. */
export function strongestDigest(challenges: readonly Challenge[]): Challenge | undefined {
  const order = Object.keys(HASHES)
  return challenges
    .filter((challenge) => algorithmOf(challenge) !== undefined && hasFormAuth(challenge))
    .sort((one, other) => order.indexOf(algorithmOf(one)!) - order.indexOf(algorithmOf(other)!))[0]
}

/** The value of a Proxy-Authorization header that answers a challenge of `strongestDigest`. RFC 7616 section 3.4 */
export function answerDigest(
  { parameters }: Challenge,
  credentials: Credentials,
  request: DigestRequest,
): string {
  const realm = parameters.get('realm') ?? ''
  const nonce = parameters.get('nonce') ?? ''
  const algorithm = parameters.get('algorithm')
  const hash = (...parts: string[]) =>
    createHash(HASHES[algorithmOf({ scheme: 'digest', parameters })!])
      .update(parts.join(':'))
      .digest('hex')

  const account = hash(credentials.user, realm, credentials.password)
  const secret = algorithm?.toLowerCase().endsWith('-sess')
    ? hash(account, nonce, request.clientNonce)
    : account
  const question = hash(request.method, request.uri)
  const nonceCount = request.count.toString(16).padStart(8, '0')
  const quality = parameters.has('qop') ? [nonceCount, request.clientNonce, 'auth'] : []
  const fields = [
    `username=${quoted(credentials.user)}`,
    `realm=${quoted(realm)}`,
    `nonce=${quoted(nonce)}`,
    `uri=${quoted(request.uri)}`,
    `response="${hash(secret, nonce, ...quality, question)}"`,
  ]
  if (algorithm !== undefined) fields.push(`algorithm=${algorithm}`)
  if (quality.length > 0) fields.push('qop=auth', `nc=${nonceCount}`, `cnonce=${quoted(request.clientNonce)}`)
  const opaque = parameters.get('opaque')
  if (opaque !== undefined) fields.push(`opaque=${quoted(opaque)}`)
  return `Digest ${fields.join(', ')}`
}

/** Without a name it is MD5. RFC 7616 section 3.3 */
function algorithmOf({ scheme, parameters }: Challenge): Algorithm | undefined {
  if (scheme !== 'digest' || !parameters.has('nonce')) return undefined
  const name = (parameters.get('algorithm') ?? 'MD5').toLowerCase().replace(/-sess$/, '')
  return name in HASHES ? (name as Algorithm) : undefined
}

/** Whether the answer need not cover a body, as `qop=auth-int` alone would have it. */
function hasFormAuth({ parameters }: Challenge): boolean {
  const qualities = parameters.get('qop')?.split(',')
  return qualities === undefined || qualities.some((quality) => quality.trim().toLowerCase() === 'auth')
}

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`
}
