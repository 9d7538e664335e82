import http from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { asError } from '../../core/api/errors.js'
import { codeOf, type PortalReason, type Reason, reason } from '../../core/reasons/reason.js'
import type { AskedProxy } from '../dialing/dialer.js'
import { SECURE } from '../dialing/tls-client.js'
import { meaningOf } from '../net/dial-error.js'
import { printable } from '../net/printable.js'
import { loginPageIn } from '../portal/login-page.js'
import { ProxyLogin } from '../proxy/proxy-login.js'
import type { CookieJar } from '../websocket/requests/cookie-jar.js'
import { retryAfter } from './retry-after.js'
import type { Broken, Exchange } from './session/exchange.js'

/** Bytes of an answer's headers. */
const MAX_HEADER_BYTES = 16 * 1024
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
  /** Opens a connection, with all that is before and around HTTP. */
  readonly open: (signal: AbortSignal) => Promise<Socket>
}

/** What becomes of a request. */
export interface Outcome {
  /** It is on its way, by a connection that is open. */
  sent(): void
  came(bytes: Uint8Array): void
  ended(): void
  /** Called once at the most, and not after `ended`. */
  broke(broken: Refused): void
}

/** Posts to one server, over connections that are used again. */
export class Requests {
  readonly #parts: RequestsParts
  readonly #agent: http.Agent
  readonly #closed = new AbortController()
  /** The request that opens the session, and the one that began to be answered. */
  #opening: http.ClientRequest | undefined
  #begun: http.ClientRequest | undefined

  constructor(parts: RequestsParts) {
    this.#parts = parts
    this.#agent = new DialingAgent(() => parts.open(this.#closed.signal))
  }

  /** Posts the body of an exchange. Returns the function that gives it up without a word. */
  post({ body, kind }: Exchange, outcome: Outcome): () => void {
    const login = this.#login()
    let giveUp = () => {}
    let posts = 0
    const post = (authorization: string | undefined) => {
      posts++
      giveUp = this.#post(body, authorization, kind === 'open', {
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

  /** Whether a part came of the answer to the request that opens the session. */
  get hasBegun(): boolean {
    return this.#begun !== undefined && this.#begun === this.#opening
  }

  #post(
    body: readonly Uint8Array[],
    authorization: string | undefined,
    isOpening: boolean,
    outcome: Outcome,
  ): () => void {
    let isOver = false
    const over = (tell: () => void) => {
      if (isOver) return
      isOver = true
      tell()
    }
    const broke = (broken: Refused) => over(() => outcome.broke(broken))
    let request: http.ClientRequest
    try {
      request = http.request(this.#options(body, authorization))
    } catch (thrown) {
      // A login has what the proxy asked for it by, and a name that Node may not take.
      process.nextTick(() => broke({ why: reason('post-broken', { why: asError(thrown).message }) }))
      return () => over(() => {})
    }
    if (isOpening) this.#opening = request
    const begins = () => {
      this.#begun = request
    }
    const failed = (error: Error) => {
      const wasClosed = isEnd(error)
      broke({ why: reasonOf(error, this.#parts.who), wasClosed, wasStale: request.reusedSocket && wasClosed })
    }
    request.on('error', failed)
    request.on('socket', (socket) => {
      if (isOpening) socket.once('data', begins)
      if (socket.connecting) socket.once('connect', () => !isOver && outcome.sent())
      else if (!isOver) outcome.sent()
    })
    request.on('response', (response) => {
      this.#parts.cookies.take(this.#parts.endpoint, response.headers['set-cookie'])
      const page = this.#loginPage(response)
      if (response.statusCode !== OK || page !== undefined) {
        broke(this.#refusal(response, page))
        request.destroy()
        return
      }
      response.on('data', (bytes: Uint8Array) => !isOver && outcome.came(bytes))
      response.on('end', () => over(() => outcome.ended()))
      response.on('error', failed)
      response.on('close', () => broke({ why: reason('post-cut') }))
    })
    for (const part of body) request.write(part)
    request.end()
    return () => over(() => request.destroy())
  }

  /** Ends all connections. */
  close(): void {
    this.#agent.destroy()
    this.#closed.abort()
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

  #options(body: readonly Uint8Array[], authorization: string | undefined): http.RequestOptions {
    const { cookies, endpoint, headers, proxy } = this.#parts
    const { username, password } = endpoint
    const cookie = cookies.cookiesFor(endpoint)
    return {
      method: 'POST',
      path: proxy === undefined ? endpoint.pathname + endpoint.search : absoluteForm(endpoint),
      agent: this.#agent,
      maxHeaderSize: MAX_HEADER_BYTES,
      ...((username !== '' || password !== '') && {
        auth: `${decodeURIComponent(username)}:${decodeURIComponent(password)}`,
      }),
      headers: {
        Host: endpoint.host,
        'Content-Type': 'application/octet-stream',
        'Content-Length': body.reduce((sum, part) => sum + part.length, 0),
        ...(cookie !== undefined && { Cookie: cookie }),
        ...headers,
        ...(proxy !== undefined && forProxyAlone(proxy.headers)),
        ...(authorization !== undefined && { 'Proxy-Authorization': inUtf8(authorization) }),
      },
    }
  }

  #loginPage(response: http.IncomingMessage): PortalReason | undefined {
    const { endpoint } = this.#parts
    return loginPageIn(response, {
      asked: 'a post',
      url: endpoint,
      isProven: SECURE.has(endpoint.protocol),
    })
  }

  #refusal(response: http.IncomingMessage, page: PortalReason | undefined): Refused {
    const { proxy } = this.#parts
    const { headers, headersDistinct, statusCode } = response
    return {
      why: page ?? this.#whyRefused(response),
      ...(proxy !== undefined &&
        statusCode === PROXY_AUTHENTICATION_REQUIRED && {
          challenges: headersDistinct['proxy-authenticate'] ?? [],
        }),
      status: statusCode,
      retryAfter: retryAfter(headers['retry-after'], Date.now()),
    }
  }

  #whyRefused({ statusCode, statusMessage }: http.IncomingMessage): Reason {
    const { endpoint, proxy } = this.#parts
    const words = `${statusCode} ${statusMessage}`
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

class DialingAgent extends http.Agent {
  readonly #open: () => Promise<Socket>

  constructor(open: () => Promise<Socket>) {
    super({ keepAlive: true })
    this.#open = open
  }

  /** Node waits for the call if nothing is returned. */
  override createConnection(
    _options: http.ClientRequestArgs,
    opened?: (error: Error | null, socket: Duplex) => void,
  ): undefined {
    this.#open().then(
      (socket) => opened?.(null, socket),
      (thrown) => opened?.(asError(thrown), undefined as never),
    )
  }
}

function isEnd({ code, message }: NodeJS.ErrnoException): boolean {
  return code === 'ECONNRESET' || code === 'EPIPE' || message === 'socket hang up'
}

function reasonOf(error: NodeJS.ErrnoException, who: string): Reason {
  const code = String(error.code) // a number of an aborted signal
  if (code === 'HPE_HEADER_OVERFLOW') return reason('post-answer-long', { who, most: MAX_HEADER_BYTES })
  if (code.startsWith('HPE_')) return reason('post-not-http', { who, code })
  if (error.message === 'socket hang up') return reason('post-closed', { who })
  return reason('post-broken', { why: meaningOf(error).text })
}
