import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
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
}

/** A web server before another one, for a test. Returns where it listens. */
export async function startFront(behind: URL, options: FrontOptions = {}): Promise<URL> {
  const agent = new http.Agent({ keepAlive: true })
  const server = http.createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('error', () => {})
    request.on('data', (part) => parts.push(part))
    request.on('end', () => {
      const body = Buffer.concat(parts)
      const answer = options.judge?.(request, body)
      if (answer !== undefined) response.writeHead(answer.status, answer.headers).end()
      else pass(request, body, response)
    })
  })
  const pass = (request: http.IncomingMessage, body: Buffer, response: http.ServerResponse) => {
    const { host: _host, connection: _connection, ...headers } = request.headers
    const passed = http.request(
      { agent, host: behind.hostname, port: behind.port, method: request.method, path: request.url, headers },
      (answer) => answered(answer, response),
    )
    passed.on('error', () => response.destroy())
    response.on('close', () => passed.destroy())
    passed.end(body)
  }
  const answered = async (answer: http.IncomingMessage, response: http.ServerResponse) => {
    const { connection: _connection, 'keep-alive': _keepAlive, ...passed } = answer.headers
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
  server.maxRequestsPerSocket = options.requests ?? 0 // 0: any number
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  afterTest(() => {
    agent.destroy()
    server.closeAllConnections()
    server.close()
  })
  const front = new URL(behind)
  front.port = String((server.address() as AddressInfo).port)
  return front
}
