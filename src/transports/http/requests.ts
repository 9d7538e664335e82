import http from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { asError } from '../../core/api/errors.js'
import { type Reason, reason } from '../../core/reasons/reason.js'
import { meaningOf } from '../net/dial-error.js'
import { printable } from '../net/printable.js'
import type { CookieJar } from '../websocket/requests/cookie-jar.js'
import { retryAfter } from './retry-after.js'
import type { Broken, Exchange } from './session/exchange.js'

/** Bytes of an answer's headers. */
const MAX_HEADER_BYTES = 16 * 1024
const OK = 200

/** What requests to one server are made by. */
export interface RequestsParts {
  readonly endpoint: URL
  readonly headers: Readonly<Record<string, string>>
  /** What a balancer finds the same server by. */
  readonly cookies: CookieJar
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
  broke(broken: Broken): void
}

/** Posts to one server, over connections that are used again. */
export class Requests {
  readonly #parts: RequestsParts
  readonly #agent: http.Agent
  readonly #closed = new AbortController()

  constructor(parts: RequestsParts) {
    this.#parts = parts
    this.#agent = new DialingAgent(() => parts.open(this.#closed.signal))
  }

  /** Posts the body of an exchange. Returns the function that gives it up without a word. */
  post({ body }: Exchange, outcome: Outcome): () => void {
    let isOver = false
    const over = (tell: () => void) => {
      if (isOver) return
      isOver = true
      tell()
    }
    const request = http.request(this.#options(body))
    const broke = (broken: Broken) => over(() => outcome.broke(broken))
    const failed = (error: Error) =>
      broke({ why: reasonOf(error), wasStale: request.reusedSocket && isEnd(error) })
    request.on('error', failed)
    request.on('socket', (socket) => {
      if (socket.connecting) socket.once('connect', () => !isOver && outcome.sent())
      else if (!isOver) outcome.sent()
    })
    request.on('response', (response) => {
      this.#parts.cookies.take(this.#parts.endpoint, response.headers['set-cookie'])
      if (response.statusCode !== OK) {
        broke(this.#refusal(response))
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

  #options(body: readonly Uint8Array[]): http.RequestOptions {
    const { cookies, endpoint, headers } = this.#parts
    const { username, password } = endpoint
    const cookie = cookies.cookiesFor(endpoint)
    return {
      method: 'POST',
      path: endpoint.pathname + endpoint.search,
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
      },
    }
  }

  #refusal({ headers, statusCode, statusMessage }: http.IncomingMessage): Broken {
    const { endpoint } = this.#parts
    return {
      why: reason('post-refused', { answer: printable(`${statusCode} ${statusMessage}`, endpoint) }),
      status: statusCode,
      retryAfter: retryAfter(headers['retry-after'], Date.now()),
    }
  }
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

function reasonOf(error: NodeJS.ErrnoException): Reason {
  const code = String(error.code) // a number of an aborted signal
  if (code === 'HPE_HEADER_OVERFLOW') return reason('post-answer-long', { most: MAX_HEADER_BYTES })
  if (code.startsWith('HPE_')) return reason('post-not-http', { code })
  if (error.message === 'socket hang up') return reason('post-closed')
  return reason('post-broken', { why: meaningOf(error).text })
}
