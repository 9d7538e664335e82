import type net from 'node:net'
import type { ProxyServer } from '../../core/proxy/proxy-url.js'
import { Failure, failure } from '../../core/reasons/reason.js'
import type { ProxyAuth } from '../../core/settings/transport-settings.js'
import type { Clock } from '../../core/time/clock.js'
import { printable } from '../net/printable.js'
import { isWebPage, loginPageIn } from '../portal/login-page.js'
import { HttpAnswers } from './http-answers.js'
import type { HttpAnswer } from './http-head.js'
import type { KnownLogin } from './known-login.js'
import { ProxyLogin } from './proxy-login.js'

/** Requests for one tunnel: without a login, with one, once more, and for a nonce or a connection that ended meanwhile. */
const MAX_REQUESTS = 5
const UNAUTHORIZED = 401
const PROXY_AUTHENTICATION_REQUIRED = 407
/** Some proxies refuse requests without one. */
const USER_AGENT = 'Qanat'

/** What a tunnel is asked for with. */
export interface HttpTunnel {
  /** Opens a connection to the proxy. */
  readonly open: () => Promise<net.Socket>
  /** Is told what is asked before each request, of which the answer is waited for, with what tells whether a part of that came. */
  readonly asking: (question: string, hasBegun: () => boolean) => void
  /** Is told each answer, by what puts it into words; absent if nobody wants to know. */
  readonly answered?: (words: () => string) => void
  /** Its answers may repeat what it was told. */
  readonly proxy: ProxyServer
  /** `host:port` to connect to; the proxy resolves the name. */
  readonly target: string
  /** Which ways to log in are taken. */
  readonly auth: ProxyAuth
  /** Headers of the request, beyond those that it needs. */
  readonly headers: Readonly<Record<string, string>>
  readonly known: KnownLogin
  readonly clock: Clock
}

/**
 * Has an HTTP proxy connect to a target (RFC 9110 section 9.3.6). What came behind its answer is pushed back into the stream, to be
 * read from the socket first. A connection whose refusal has an end is used again, as NTLM's helpers want it.
 *
 * @throws Failure that tells in the proxy's own words what it refused.
 */
export async function connectThroughHttp(tunnel: HttpTunnel, signal: AbortSignal): Promise<net.Socket> {
  const { auth, clock, known, proxy, target } = tunnel
  const { credentials, shown, url } = proxy
  const login = new ProxyLogin({
    ...{ credentials, proxy: url, shown, auth, known },
    ...{ method: 'CONNECT', target },
  })
  let authorization = login.first()
  let connection: { readonly socket: net.Socket; readonly answers: HttpAnswers; used: boolean } | undefined
  try {
    for (let requests = 0; requests < MAX_REQUESTS; requests++) {
      if (connection === undefined) {
        const socket = await tunnel.open()
        connection = { socket, answers: new HttpAnswers(socket, shown, signal), used: false }
      }
      const { answers, socket, used } = connection
      connection.used = true
      const question = authorization === undefined ? 'CONNECT' : 'CONNECT with the login'
      tunnel.asking(question, () => answers.hasBegun)
      socket.write(requestText(tunnel, authorization))
      const answer = await answers.next(question)
      if (answer === undefined) {
        socket.destroy()
        connection = undefined
        const next = login.afterClose()
        if (used && !known.isRefused) continue // it may close a connection that it has just kept
        if (next === undefined) throw failure('proxy-closed', { proxy: shown, question })
        authorization = next.authorization
        continue
      }
      tunnel.answered?.(() => wordsOf(answer, proxy))
      const { status } = answer
      if (status < 300) {
        if (isPage(answer) && answers.hasBegun) throw failure('proxy-page', { proxy: shown, question })
        login.taken()
        answers.giveBack()
        connection = undefined
        return socket
      }
      const asks = status === PROXY_AUTHENTICATION_REQUIRED || (status === UNAUTHORIZED && credentials)
      known.asks ||= status === PROXY_AUTHENTICATION_REQUIRED || status === UNAUTHORIZED
      if (!asks) throw refusalBy(answer, proxy)
      const next = login.afterRefusal(answer.header('proxy-authenticate'))
      authorization = next.authorization
      if (!next.anew && (await answers.skipBody(answer, clock))) continue
      socket.destroy()
      connection = undefined
    }
  } finally {
    connection?.socket.destroy()
  }
  throw failure('proxy-keeps-asking', { proxy: shown })
}

/** A login page may answer in place of a proxy as it does in place of a server. */
function refusalBy(answer: HttpAnswer, proxy: ProxyServer): Failure {
  const { kind, shown, url } = proxy
  const [location] = answer.header('location')
  const question = { asked: `CONNECT at the proxy ${shown}`, url, isProven: kind === 'https' }
  const page = loginPageIn({ statusCode: answer.status, headers: { location } }, question)
  if (page !== undefined) return new Failure(page)
  return failure('proxy-refused', { proxy: shown, answer: wordsOf(answer, proxy) })
}

function requestText({ headers, target }: HttpTunnel, authorization: string | undefined): string {
  const own = { Host: target, 'User-Agent': USER_AGENT, 'Proxy-Connection': 'keep-alive' }
  const given = new Set(Object.keys(headers).map((name) => name.toLowerCase()))
  const lines = [
    `CONNECT ${target} HTTP/1.1`,
    ...Object.entries(own).flatMap(([name, value]) =>
      given.has(name.toLowerCase()) ? [] : [`${name}: ${value}`],
    ),
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    ...(authorization === undefined ? [] : [`Proxy-Authorization: ${authorization}`]),
  ]
  return `${lines.join('\r\n')}\r\n\r\n`
}

/** Whether a web server's page may follow. A proxy's consent has none, whatever its headers say. RFC 9110 section 9.3.6 */
function isPage({ header }: HttpAnswer): boolean {
  const [length = '0'] = header('content-length')
  const [type] = header('content-type')
  return isWebPage(type) && (length !== '0' || header('transfer-encoding').length > 0)
}

function wordsOf({ header, reason, status }: HttpAnswer, proxy: ProxyServer): string {
  const [detail] = header('x-squid-error')
  const words = `${status} ${reason}${detail ? ` (${detail})` : ''}`
  return printable(words, proxy.url)
}
