import { validateHeaderValue } from 'node:http'
import type { Socket } from 'node:net'
import { asError } from '../../core/api/errors.js'
import { codeOf, type PortalReason, type Reason, reason } from '../../core/reasons/reason.js'
import type { AskedProxy } from '../dialing/dialer.js'
import { SECURE } from '../dialing/tls-client.js'
import { printable } from '../net/printable.js'
import { loginPageIn } from '../portal/login-page.js'
import type { HttpAnswer } from '../proxy/http-head.js'
import { ProxyLogin } from '../proxy/proxy-login.js'
import type { NativeStreamParts } from '../streams/native-stream-parts.js'
import type { CookieJar } from '../websocket/requests/cookie-jar.js'
import type { Post } from './posting/post.js'
import { PostConnections } from './posting/post-connections.js'
import { retryAfter } from './retry-after.js'
import type { Broken, Exchange } from './session/exchange.js'

const OK = 200
const PROXY_AUTHENTICATION_REQUIRED = 407
/** Times that one exchange is posted: without a login, with one, once more, and for nonces that others used up meanwhile. */
const MAX_LOGINS = 5

/** Headers of a proxy's that are the server's as well, or say themselves what is passed on. */
const PASSED_ON: ReadonlySet<string> = new Set(['connection', 'host', 'user-agent'])

/** What requests to one server are made by. */
export interface RequestsParts {
  readonly endpoint: URL
  readonly headers: Readonly<Record<string, string>>
  /** What a balancer finds the same server by. */
  readonly cookies: CookieJar
  /** Whom they are made to if not the server, which is named in them then. RFC 9112 section 3.2.2 */
  readonly proxy: AskedProxy | undefined
  /** Who answers, in words. */
  readonly who: string
  /** Where what comes by connections is read to; Node's own memory if absent. */
  readonly native: NativeStreamParts | undefined
  /** Opens a connection, with all that is before and around HTTP; `http2` if HTTP/2 is to be offered. */
  readonly open: (signal: AbortSignal, http2: boolean) => Promise<Socket>
  /** Whether it may be offered at all. */
  readonly http2: boolean
  /** It was chosen, and does not serve. */
  readonly unfit: () => void
}

/** What becomes of a request. */
export interface Outcome {
  /** It is on its way, by a connection that is open. */
  sent(): void
  /** Part of the answer, lent for the call. */
  came(bytes: Uint8Array): void
  ended(): void
  /** Called once at the most, and not after `ended`. */
  broke(broken: Refused): void
}

/** Posts to one server, over connections that are used again. */
export class Requests {
  readonly #parts: RequestsParts
  readonly #connections: PostConnections
  #hasBegun = false

  constructor(parts: RequestsParts) {
    this.#parts = parts
    this.#connections = new PostConnections(parts)
  }

  /** Posts the body of an exchange. Returns the function that gives it up without a word. */
  post(exchange: Exchange, outcome: Outcome): () => void {
    const login = this.#login()
    let giveUp = () => {}
    let posts = 0
    const post = (authorization: string | undefined) => {
      posts++
      giveUp = this.#post(exchange, authorization, {
        ...outcome,
        ended() {
          login?.taken()
          outcome.ended()
        },
        broke(broken) {
          const next = posts < MAX_LOGINS ? nextTry(login, broken) : broken
          if (next !== undefined && 'authorization' in next) post(next.authorization)
          else outcome.broke(next ?? broken)
        },
      })
    }
    post(login?.first())
    return () => giveUp()
  }

  /** As {@link PostConnections.together}. */
  get together(): number | undefined {
    return this.#connections.together
  }

  /** Whether a part came of the answer to the request that opens the session. */
  get hasBegun(): boolean {
    return this.#hasBegun
  }

  #post({ body, isStream, kind }: Exchange, authorization: string | undefined, outcome: Outcome): () => void {
    const isOpening = kind === 'open'
    if (isOpening) this.#hasBegun = false
    let fields: Post['fields']
    try {
      fields = this.#fields(body, authorization)
    } catch (thrown) {
      // A login has what the proxy asked for it by, and a cookie what the server said: a header may not hold it.
      let isGivenUp = false
      process.nextTick(() => {
        if (!isGivenUp) outcome.broke({ why: reason('post-broken', { why: asError(thrown).message }) })
      })
      return () => {
        isGivenUp = true
      }
    }
    let isRefused = false
    const post = { target: this.#target, fields, body, lasts: isStream }
    const giveUp = this.#connections.post(post, {
      sent: () => outcome.sent(),
      began: () => {
        if (isOpening) this.#hasBegun = true
      },
      head: (answer) => {
        this.#parts.cookies.take(this.#parts.endpoint, answer.header('set-cookie'))
        const page = this.#loginPage(answer)
        if (answer.status === OK && page === undefined) return
        isRefused = true
        giveUp()
        outcome.broke(this.#refusal(answer, page))
      },
      body: (bytes) => {
        if (!isRefused) outcome.came(bytes)
      },
      ended: () => outcome.ended(),
      broke: (lost) => outcome.broke(lost),
    })
    return giveUp
  }

  /** Ends all connections. */
  close(): void {
    this.#connections.close()
  }

  #login(): ProxyLogin | undefined {
    const { endpoint, proxy } = this.#parts
    if (proxy === undefined) return undefined
    const { auth, known, server } = proxy
    const { credentials, shown, url } = server
    return new ProxyLogin({
      ...{ credentials, proxy: url, shown, auth, known },
      ...{ method: 'POST', target: absoluteForm(endpoint) },
    })
  }

  /** @throws TypeError if a header cannot hold what it is to say. */
  #fields(body: readonly Uint8Array[], authorization: string | undefined): Post['fields'] {
    const { cookies, endpoint, headers, proxy } = this.#parts
    const { username, password } = endpoint
    const cookie = cookies.cookiesFor(endpoint)
    const hasLogin = username !== '' || password !== ''
    const login = () => Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`)
    const fields = new Map<string, readonly [string, string]>()
    // The name of a header may come in any case: the last word counts.
    const set = (name: string, value: string) => fields.set(name.toLowerCase(), [name, checked(name, value)])
    set('Host', endpoint.host)
    set('Content-Type', 'application/octet-stream')
    set('Content-Length', String(body.reduce((sum, part) => sum + part.length, 0)))
    set('Connection', 'keep-alive')
    if (hasLogin) set('Authorization', `Basic ${login().toString('base64')}`)
    if (cookie !== undefined) set('Cookie', cookie)
    const others = { ...headers, ...(proxy !== undefined && forProxyAlone(proxy.headers)) }
    for (const [name, value] of Object.entries(others)) set(name, value)
    if (authorization !== undefined) set('Proxy-Authorization', inUtf8(authorization))
    return fields
  }

  get #target(): string {
    const { endpoint, proxy } = this.#parts
    return proxy === undefined ? endpoint.pathname + endpoint.search : absoluteForm(endpoint)
  }

  #loginPage({ header, status }: HttpAnswer): PortalReason | undefined {
    const { endpoint, proxy } = this.#parts
    const others = proxy === undefined ? [] : [proxy.server.url]
    const headers = { location: header('location')[0], 'content-type': header('content-type')[0] }
    const question = { asked: 'a post', url: endpoint, others, isProven: SECURE.has(endpoint.protocol) }
    return loginPageIn({ statusCode: status, headers }, question)
  }

  #refusal(answer: HttpAnswer, page: PortalReason | undefined): Refused {
    const { proxy } = this.#parts
    const { header, status } = answer
    return {
      why: page ?? this.#whyRefused(answer),
      ...(proxy !== undefined &&
        status === PROXY_AUTHENTICATION_REQUIRED && { challenges: header('proxy-authenticate') }),
      status,
      retryAfter: retryAfter(header('retry-after')[0], Date.now()),
    }
  }

  #whyRefused({ reason: phrase, status }: HttpAnswer): Reason {
    const { endpoint, proxy } = this.#parts
    const words = `${status} ${phrase}`
    if (proxy === undefined) return reason('post-refused', { answer: printable(words, endpoint) })
    const { shown, url } = proxy.server
    return reason('post-refused-there', { proxy: shown, answer: printable(words, url) })
  }
}

/** What became of one request for an exchange. */
interface Refused extends Broken {
  /** What a proxy asked for a login by. */
  readonly challenges?: readonly string[]
  /** Whether the connection ended without a byte. */
  readonly wasClosed?: boolean
}

/** The login to try next, or why there is none; undefined if it is not the login that is to be changed. */
function nextTry(
  login: ProxyLogin | undefined,
  { challenges, wasClosed, wasStale }: Refused,
): { readonly authorization: string } | Broken | undefined {
  if (login === undefined || wasStale) return undefined
  if (wasClosed) return login.afterClose()
  if (challenges === undefined) return undefined
  try {
    return login.afterRefusal(challenges)
  } catch (thrown) {
    return { why: { code: codeOf(thrown), text: asError(thrown).message } }
  }
}

/** RFC 9112 section 3.2.2 */
function absoluteForm({ host, pathname, protocol, search }: URL): string {
  return `${protocol}//${host}${pathname}${search}`
}

/** Headers that a proxy does not pass on to the server, since they may be a login. RFC 9110 section 7.6.1 */
function forProxyAlone(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const names = Object.keys(headers).filter((name) => !PASSED_ON.has(name.toLowerCase()))
  return { ...(names.length > 0 && { Connection: ['keep-alive', ...names].join(', ') }), ...headers }
}

/** What Node sends as UTF-8: it takes each character for a byte. RFC 7616 section 4 */
function inUtf8(text: string): string {
  return Buffer.from(text).toString('latin1')
}

/** @throws TypeError if a header cannot hold it. */
function checked(name: string, value: string): string {
  validateHeaderValue(name, value)
  return value
}
