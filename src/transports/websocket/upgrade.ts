import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { WebSocket } from 'ws'
import { asError } from '../../core/api/errors.js'
import { Failure, failure } from '../../core/reasons/reason.js'
import { SECURE } from '../dialing/tls-client.js'
import { alertFailure } from '../dialing/tls-failure.js'
import { printable } from '../net/printable.js'
import { abortable } from '../net/within.js'
import { loginPageIn } from '../portal/login-page.js'
import { generateMask } from './frames/mask.js'
import { MAX_HEADER_BYTES, WEBSOCKET_OPTIONS } from './options.js'
import type { CookieJar } from './requests/cookie-jar.js'

/** What the request of an upgrade has beyond the headers that it needs. */
export interface UpgradeSettings {
  readonly headers: Readonly<Record<string, string>>
  readonly cookies: CookieJar
  /** Is called when the first of the answer comes. */
  readonly begins: () => void
}

/**
 * Makes a connected socket a WebSocket. It is passed to `opened` at once, before anything can come by it.
 *
 * @throws Failure that tells what the server answered instead. The caller destroys the socket then.
 */
export function upgrade<Opened>(
  socket: Socket,
  endpoint: URL,
  { begins, headers, cookies }: UpgradeSettings,
  opened: (webSocket: WebSocket) => Promise<Opened>,
  signal: AbortSignal,
): Promise<Opened> {
  return abortable<Opened>(signal, (resolve, reject) => {
    const url = new URL(endpoint)
    url.hash = '' // is never sent, and ws takes none
    const webSocket = new WebSocket(url, {
      ...WEBSOCKET_OPTIONS,
      headers: withCookies(headers, cookies.cookiesFor(endpoint)),
      generateMask,
      maxHeaderSize: MAX_HEADER_BYTES,
      createConnection: () => socket,
      finishRequest: (request) => {
        request.once('socket', () => socket.once('data', begins))
        request.end()
      },
    })
    let set: readonly string[] | undefined
    webSocket.once('upgrade', ({ headers: answered }: IncomingMessage) => {
      set = answered['set-cookie']
    })
    webSocket.once('open', () => {
      cookies.take(endpoint, set)
      opened(webSocket).then(resolve, reject)
    })
    webSocket.once('unexpected-response', (_request, response) => {
      const isProven = SECURE.has(endpoint.protocol)
      const page = loginPageIn(response, { asked: 'the upgrade', url: endpoint, isProven })
      const answer = printable(`${response.statusCode} ${response.statusMessage}`, endpoint)
      reject(page === undefined ? failure('upgrade-refused', { answer }) : new Failure(page))
    })
    webSocket.on('error', (error) => reject(failureOf(error, endpoint).by(error)))
    return () => {}
  })
}

/** Headers with cookies behind those that the user gave. */
function withCookies(headers: UpgradeSettings['headers'], cookies: string | undefined) {
  if (cookies === undefined) return headers
  const own = Object.entries(headers).find(([name]) => name.toLowerCase() === 'cookie')
  return own === undefined
    ? { ...headers, Cookie: cookies }
    : { ...headers, [own[0]]: `${own[1]}; ${cookies}` }
}

function failureOf(thrown: unknown, endpoint: URL): Failure {
  const { code, message } = asError(thrown) as NodeJS.ErrnoException
  if (code === 'HPE_HEADER_OVERFLOW') return failure('upgrade-answer-long', { most: MAX_HEADER_BYTES })
  const ended = alertFailure(thrown) // of TLS 1.3, where the handshake is over before the server has seen a certificate
  if (ended !== undefined) return ended
  if (code?.startsWith('HPE_') && isHttp2(thrown)) return failure('upgrade-http2')
  if (code?.startsWith('HPE_')) return failure('upgrade-not-http', { code })
  if (message === 'socket hang up') return failure('upgrade-closed')
  return failure('upgrade-broken', { why: printable(message, endpoint) })
}

/** Whether a server began with settings of HTTP/2, whatever it was asked. RFC 9113 sections 3.4 and 4.1 */
function isHttp2(thrown: unknown): boolean {
  const { rawPacket } = thrown as { readonly rawPacket?: Buffer }
  const [TYPE, FLAGS, SETTINGS] = [3, 4, 4]
  return (
    rawPacket !== undefined && rawPacket[TYPE] === SETTINGS && rawPacket[FLAGS] === 0 && rawPacket[0] === 0
  )
}
