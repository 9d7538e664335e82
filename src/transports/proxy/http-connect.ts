import http from 'node:http'
import type net from 'node:net'
import type { Credentials } from '../../core/proxy/proxy-url.js'
import { type Failure, failure } from '../../core/reasons/reason.js'
import { printable } from '../net/printable.js'
import { abortable } from '../net/within.js'
import { ProxyLogin } from './proxy-login.js'

/** Bytes of a proxy's answer, headers included; a longer one ends the attempt. */
const MAX_ANSWER = 16 * 1024
/** Requests for one tunnel: without a login, with one, and with one for a nonce that has expired meanwhile. */
const MAX_REQUESTS = 3
const PROXY_AUTHENTICATION_REQUIRED = 407

/** What a tunnel is asked for with. */
export interface HttpTunnel {
  /** Opens a connection to the proxy. Each request has its own: what follows a refusal is not read. */
  readonly open: () => Promise<net.Socket>
  readonly credentials: Credentials | undefined
  /** The proxy, whose answers may repeat what it was told. */
  readonly proxy: URL
  /** The same, as it may be written into logs. */
  readonly shown: string
  /** `host:port` to connect to; the proxy resolves the name. */
  readonly target: string
}

interface Answer {
  readonly status: number
  /** The proxy's own words. */
  readonly words: string
  readonly challenges: readonly string[]
  /** Bytes that came behind the answer. */
  readonly rest: Buffer
}

/**
 * Has an HTTP proxy connect to a target (RFC 9110 section 9.3.6). What came behind its answer is pushed back into the stream, to be
 * read from the socket first.
 *
 * @throws Failure that tells in the proxy's own words what it refused.
 */
export async function connectThroughHttp(tunnel: HttpTunnel, signal: AbortSignal): Promise<net.Socket> {
  const login = new ProxyLogin(tunnel)
  let authorization: string | undefined
  for (let requests = 0; requests < MAX_REQUESTS; requests++) {
    const socket = await tunnel.open()
    try {
      const answer = await request(socket, tunnel, authorization, signal)
      if (answer.status >= 200 && answer.status < 300) {
        if (answer.rest.length > 0) socket.unshift(answer.rest)
        return socket
      }
      if (answer.status !== PROXY_AUTHENTICATION_REQUIRED)
        throw failure('proxy-refused', { proxy: tunnel.shown, answer: answer.words })
      authorization = login.answer(answer.challenges, tunnel.target)
    } catch (thrown) {
      socket.destroy()
      throw thrown
    }
    socket.destroy()
  }
  throw failure('proxy-keeps-asking', { proxy: tunnel.shown })
}

/** Node's own parser bounds the answer. */
function request(
  socket: net.Socket,
  { proxy, shown, target }: HttpTunnel,
  authorization: string | undefined,
  signal: AbortSignal,
): Promise<Answer> {
  return abortable(signal, (resolve, reject) => {
    const headers = { Host: target, ...(authorization && { 'Proxy-Authorization': authorization }) }
    const asked = http.request({
      method: 'CONNECT',
      path: target,
      headers,
      maxHeaderSize: MAX_ANSWER,
      createConnection: () => socket,
    })
    asked.once('connect', (response, _socket, rest) => resolve(readAnswer(response, rest, proxy)))
    asked.on('error', (error) => reject(failureOf(error, shown).by(error)))
    asked.end()
    return () => {}
  })
}

function readAnswer(response: http.IncomingMessage, rest: Buffer, proxy: URL): Answer {
  const detail = response.headers['x-squid-error']
  const words = `${response.statusCode} ${response.statusMessage}${detail ? ` (${detail})` : ''}`
  return {
    status: response.statusCode!,
    words: printable(words, proxy),
    challenges: response.headersDistinct['proxy-authenticate'] ?? [],
    rest,
  }
}

function failureOf({ code }: NodeJS.ErrnoException, proxy: string): Failure {
  if (code === 'HPE_HEADER_OVERFLOW') return failure('proxy-answer-long', { proxy, most: MAX_ANSWER })
  if (code?.startsWith('HPE_')) return failure('proxy-not-http', { proxy, code })
  return failure('proxy-closed', { proxy })
}
