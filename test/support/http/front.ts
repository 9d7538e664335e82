import { once } from 'node:events'
import http from 'node:http'
import http2 from 'node:http2'
import type { AddressInfo, Socket } from 'node:net'
import { afterTest } from '../after-test.js'

/** What a front end does with a request: its own answer, or nothing to pass it on. */
type Judge = (request: http.IncomingMessage, body: Buffer) => Answer | undefined

interface Answer {
  readonly status: number
  readonly headers?: http.OutgoingHttpHeaders
}

/** How a front end differs from one that passes on what comes as it comes. */
export interface FrontOptions {
  readonly judge?: Judge
  /** Keeps each answer until it has ended. */
  readonly buffers?: boolean
  /** Requests that it takes by one connection. */
  readonly requests?: number
  /** Headers that each answer has besides. */
  readonly headers?: http.OutgoingHttpHeaders
  /** What it shows if it is one of `https://` that speaks HTTP/2 with who offers that. */
  readonly certificate?: { readonly cert: string; readonly key: string }
  /** Told of each connection by TLS: what it speaks. */
  readonly connected?: (speaks: string) => void
  /** What a request waits for before it is passed on. */
  readonly held?: (body: Buffer) => Promise<void>
}

/** Headers of an answer that are about its connection. */
const NOT_PASSED: ReadonlySet<string> = new Set(['connection', 'keep-alive', 'transfer-encoding'])

type Serve = (request: http.IncomingMessage, response: http.ServerResponse) => void

/** A web server before another one, for a test. Returns where it listens. */
export async function startFront(behind: URL, options: FrontOptions = {}): Promise<URL> {
  const agent = new http.Agent({ keepAlive: true })
  const serve = (request: http.IncomingMessage, response: http.ServerResponse) => {
    const parts: Buffer[] = []
    request.on('error', () => {})
    request.on('data', (part) => parts.push(part))
    request.on('end', async () => {
      const body = Buffer.concat(parts)
      await options.held?.(body)
      const answer = options.judge?.(request, body)
      if (answer !== undefined) response.writeHead(answer.status, answer.headers).end()
      else pass(request, body, response)
    })
  }
  const pass = (request: http.IncomingMessage, body: Buffer, response: http.ServerResponse) => {
    const passing = Object.entries(request.headers).filter(
      ([name]) => !/^(?::.*|host|connection)$/.test(name),
    )
    const headers = Object.fromEntries(passing)
    const passed = http.request(
      { agent, host: behind.hostname, port: behind.port, method: request.method, path: request.url, headers },
      (answer) => answered(answer, response),
    )
    passed.on('error', () => response.destroy())
    response.on('close', () => passed.destroy())
    passed.end(body)
  }
  const answered = async (answer: http.IncomingMessage, response: http.ServerResponse) => {
    const passing = Object.entries(answer.headers).filter(([name]) => !NOT_PASSED.has(name))
    const passed = Object.fromEntries(passing)
    const headers = { ...passed, ...options.headers }
    answer.on('error', () => response.destroy())
    if (options.buffers !== true) {
      response.writeHead(answer.statusCode!, headers)
      answer.pipe(response)
      return
    }
    const parts: Buffer[] = []
    answer.on('data', (part) => parts.push(part))
    answer.on('end', () => response.writeHead(answer.statusCode!, headers).end(Buffer.concat(parts)))
  }
  const server = options.certificate === undefined ? plainServer(serve, options) : tlsServer(serve, options)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  afterTest(() => {
    agent.destroy()
    server.closeAllConnections()
    server.close()
  })
  const front = new URL(behind)
  if (options.certificate !== undefined) front.protocol = 'https:'
  front.port = String((server.address() as AddressInfo).port)
  return front
}

function plainServer(serve: Serve, { requests = 0 }: FrontOptions): http.Server {
  const server = http.createServer(serve)
  server.maxRequestsPerSocket = requests // 0: any number
  return server
}

/** Ends a connection of HTTP/2 by GOAWAY after as many requests as it takes. */
function tlsServer(
  serve: Serve,
  { certificate, connected, requests = Number.POSITIVE_INFINITY }: FrontOptions,
) {
  // What both versions have in common is all that is used.
  const server = http2.createSecureServer({ ...certificate, allowHTTP1: true }, serve as never)
  const sockets = new Set<Socket>()
  server.on('secureConnection', (socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    connected?.(socket.alpnProtocol || 'http/1.1')
  })
  server.on('session', (session) => {
    let count = 0
    session.on('error', () => {})
    session.on('stream', (stream) => {
      stream.on('error', () => {})
      if (++count === requests) session.close()
    })
  })
  const closeAllConnections = () => {
    for (const socket of sockets) socket.destroy()
  }
  return Object.assign(server, { closeAllConnections })
}
