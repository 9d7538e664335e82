import { once } from 'node:events'
import http2, { type ServerHttp2Stream } from 'node:http2'
import type { AddressInfo } from 'node:net'
import tls, { type TLSSocket } from 'node:tls'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Certificate, TestAuthority } from '../../../../lab/certificates.js'
import type { Post } from '../../../../src/transports/http/posting/post.js'
import { PostConnections } from '../../../../src/transports/http/posting/post-connections.js'
import { afterTest } from '../../../support/after-test.js'
import { eventually } from '../../../support/eventually.js'

const { NGHTTP2_CANCEL, NGHTTP2_HTTP_1_1_REQUIRED, NGHTTP2_NO_ERROR, NGHTTP2_REFUSED_STREAM } =
  http2.constants

/** The fields of a post. */
function fieldsFor(body: string): Post['fields'] {
  return new Map([
    ['host', ['Host', 'server.example']],
    ['content-length', ['Content-Length', String(body.length)]],
    ['connection', ['Connection', 'keep-alive']],
    ['upgrade', ['Upgrade', 'websocket']],
    ['x-token', ['X-Token', 'secret']],
  ])
}

let certificate: Certificate

beforeAll(() => {
  certificate = new TestAuthority().issue('127.0.0.1')
})

/** What a server does with a post, by its body and its number at its connection. */
type Serve = (stream: ServerHttp2Stream, body: string, number: number) => void

const answer: Serve = (stream, body) => {
  stream.respond({ ':status': 200 })
  stream.end(`to ${body}`)
}

describe('posts over HTTP/2', () => {
  it('go together by one connection, without the fields of HTTP/1.1', async () => {
    const { post, opened, server } = await made((stream) => stream.respond({ ':status': 200 }))
    await post('first').until('200')
    const all = Array.from({ length: 16 }, (_, index) => post(String(index)))
    for (const one of all) await one.until('200')
    expect(opened).toEqual(['h2'])
    const { headers } = server.asked[0]!
    expect([headers[':path'], headers[':authority'], headers['x-token']]).toEqual([
      '/tunnel?a=b',
      'server.example',
      'secret',
    ])
    expect([headers.connection, headers.upgrade, headers.host]).toEqual([undefined, undefined, undefined])
  })

  it('tell what came, of bodies in parts as well', async () => {
    const { post } = await made((stream, body) => {
      stream.additionalHeaders({ ':status': 103 })
      stream.respond({ ':status': 413, 'set-cookie': ['a=1', 'b=2'], 'retry-after': '3' })
      stream.end(body)
    })
    const one = post('x'.repeat(100_000))
    await one.until('ended')
    expect(one.told.slice(0, 3)).toEqual(['sent', 'began', '413'])
    expect(one.told.slice(3, -1).join('')).toBe('x'.repeat(100_000))
    const { header, reason } = one.answer!
    expect([reason, header('set-cookie'), header('retry-after'), header('x')]).toEqual([
      'Payload Too Large',
      ['a=1', 'b=2'],
      ['3'],
      [],
    ])
  })

  it('have a connection for each answer that lasts, and use the one before until that is there', async () => {
    const { post, opened, server } = await made((stream, body) => {
      stream.respond({ ':status': 200 })
      if (body !== 'lasts') stream.end()
    })
    await post('open').until('ended')
    await post('lasts', true).until('200')
    expect(opened).toEqual(['h2'])
    const second = post('lasts', true)
    const meanwhile = post('post')
    expect(meanwhile.told).toEqual(['sent'])
    expect(second.told).toEqual([])
    await second.until('200')
    await meanwhile.until('ended')
    await post('post').until('ended')
    expect(server.asked.map(({ connection, body }) => `${connection} ${body}`)).toEqual([
      '0 open',
      '0 lasts',
      '0 post',
      '1 lasts',
      '1 post',
    ])
    server.asked[1]!.stream.end()
    await eventually('the first one is closed', () => server.sessions[0]!.closed)
    expect(server.sessions[1]!.closed).toBe(false)
  })

  it('go on by one other connection after a GOAWAY, and what is under way is answered yet', async () => {
    const { post, opened, server } = await made((stream, body) => {
      if (body !== 'held') answer(stream, body, 0)
    })
    await post('first').until('ended')
    const held = post('held')
    await eventually('it came', () => server.asked.length, 2)
    server.sessions[0]!.goaway(NGHTTP2_NO_ERROR)
    server.asked[1]!.stream.respond({ ':status': 200 })
    await held.until('200') // behind the GOAWAY
    const others = Array.from({ length: 8 }, (_, index) => post(String(index)))
    for (const one of others) await one.until('ended')
    expect(opened).toEqual(['h2', 'h2'])
    server.asked[1]!.stream.end()
    await held.until('ended')
  })

  it('have a connection for each answer that lasts if they wait for one together, too', async () => {
    const { post, opened, server } = await made((stream, body) => {
      if (body === 'lasts') stream.respond({ ':status': 200 })
      else answer(stream, body, 0)
    })
    await post('first').until('ended')
    server.sessions[0]!.destroy()
    await post('cut').until('post-closed stale closed')
    const [first, second, other] = [post('lasts', true), post('lasts', true), post('post')]
    for (const one of [first, second]) await one.until('200')
    await other.until('ended')
    expect(opened).toEqual(['h2', 'h2', 'h2'])
    const lasting = server.asked.filter(({ body }) => body === 'lasts')
    expect(lasting.map(({ connection }) => connection)).toEqual([1, 2])
  })

  it('are stale if a connection ends that served before, and were refused like that, too', async () => {
    const { post, opened, server } = await made((stream, body) => {
      if (body === 'cut') stream.session!.destroy()
      else if (body === 'refused') stream.close(NGHTTP2_REFUSED_STREAM)
      else answer(stream, body, 0)
    })
    await post('first').until('ended')
    const [cut, other] = [post('cut'), post('cut')]
    await cut.until('post-closed stale closed')
    await other.until('post-closed stale closed')
    await post('next').until('ended')
    await post('refused').until('post-closed stale closed')
    await post('last').until('ended')
    expect(opened).toEqual(['h2', 'h2', 'h2'])
    expect(server.sessions[1]!.closed).toBe(true)
  })

  it.each([
    ['ends amid its answer', (stream: ServerHttp2Stream) => stream.session!.destroy(), {}],
    // Node's server ends what it cancels.
    ['cancels it', (stream: ServerHttp2Stream) => stream.close(NGHTTP2_CANCEL), { 'content-length': 10 }],
    [
      'resets it as if nothing was wrong, but sent less than it said',
      (stream: ServerHttp2Stream) => stream.close(NGHTTP2_NO_ERROR),
      { 'content-length': 10 },
    ],
  ])('are cut if the server %s', async (_how, cut, headers) => {
    const { post } = await made((stream, body) => {
      if (body === 'first') {
        answer(stream, body, 0)
        return
      }
      stream.respond({ ':status': 200, ...headers })
      stream.write('12345', () => setImmediate(() => cut(stream)))
    })
    await post('first').until('ended')
    const one = post('one')
    await one.until('post-cut')
    expect(one.told).toEqual(['sent', 'began', '200', '12345', 'post-cut'])
  })

  it('say by its name what a server resets them by', async () => {
    const { post } = await made((stream, body) => {
      if (body === 'first') answer(stream, body, 0)
      else stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR)
    })
    await post('first').until('ended')
    const one = post('one')
    await one.until('post-broken')
    expect(one.why).toBe("no post to the server: it was reset by HTTP/2's INTERNAL_ERROR")
  })

  it.each<[string, Serve]>([
    ['has longer headers', (stream) => stream.respond({ ':status': 200, 'x-long': 'x'.repeat(17_000) })],
    [
      'has more of them',
      (stream) =>
        stream.respond({
          ':status': 200,
          ...Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`x-${index}`, '1'])),
        }),
    ],
    [
      'is preceded by more',
      (stream) => {
        for (let times = 0; times < 9; times++) stream.additionalHeaders({ ':status': 103 })
        stream.respond({ ':status': 200 })
        stream.end()
      },
    ],
  ])('are given up if an answer %s than may be', async (_what, serve) => {
    const { post } = await made((stream, body) => {
      if (body === 'first') answer(stream, body, 0)
      else serve(stream, body, 0)
    })
    await post('first').until('ended')
    const one = post('one')
    await eventually('it broke', () => one.told.at(-1)!.startsWith('post-'))
    expect(one.told).not.toContain('ended')
    await post('first').until('ended')
  })

  it('are reset if they are given up, without a word and without loss of others', async () => {
    const { post, opened, server } = await made((stream, body) => {
      if (body !== 'held') answer(stream, body, 0)
    })
    await post('first').until('ended')
    const [held, other] = [post('held'), post('held')]
    await post('next').until('ended')
    held.giveUp()
    const { stream } = server.asked.find(({ body }) => body === 'held')!
    await eventually('it is reset', () => stream.rstCode, NGHTTP2_CANCEL)
    await post('last').until('ended')
    expect([held.told, opened]).toEqual([['sent'], ['h2']])
    answer(server.asked.filter(({ body }) => body === 'held')[1]!.stream, 'held', 0)
    await other.until('ended')
  })

  it('go by another connection once one was given up behind which nothing came at all', async () => {
    const { post, opened, server } = await made((stream, body) => {
      if (body !== 'held') answer(stream, body, 0)
    })
    await post('first').until('ended')
    const held = post('held')
    await eventually('it came', () => server.asked.length, 2)
    held.giveUp()
    await post('next').until('ended')
    expect(opened).toEqual(['h2', 'h2'])
    await eventually('the first one is closed', () => server.sessions[0]!.closed)
  })

  it.each<[string, Serve, http2.Settings?]>([
    ['answers by 505', (stream) => stream.respond({ ':status': 505 }, { endStream: true })],
    ['asks for HTTP/1.1', (stream) => stream.close(NGHTTP2_HTTP_1_1_REQUIRED)],
    ['ends the connection', (stream) => stream.session!.destroy()],
    ['takes few posts at a time', () => {}, { maxConcurrentStreams: 3 }],
  ])('are made by HTTP/1.1 if a server chooses HTTP/2 and %s', async (_how, serve, settings = {}) => {
    const lab = await made(serve, settings)
    const one = lab.post('one')
    await one.until('ended')
    expect(one.told.filter((what) => what !== 'sent' && what !== 'began')).toEqual(['200', 'ok', 'ended'])
    expect(lab.opened).toEqual(['h2', 'http/1.1'])
    expect(lab.unfit()).toBe(1)
    await lab.post('two').until('ended')
    expect(lab.opened).toEqual(['h2', 'http/1.1'])
  })

  it('are made by HTTP/1.1 once a server that served takes few at a time, though those under way break', async () => {
    const { post, opened, unfit } = await made((stream, body) => {
      if (body === 'few') stream.session!.settings({ maxConcurrentStreams: 3 })
      else answer(stream, body, 0)
    })
    await post('first').until('ended')
    await post('few').until('post-broken')
    await post('next').until('ok')
    await post('last').until('ok')
    expect([opened, unfit()]).toEqual([['h2', 'http/1.1'], 1])
  })

  it('are made by HTTP/1.1 if what chose HTTP/2 leads to what speaks only that', async () => {
    const server = tls.createServer(
      { ...tlsOf(certificate), ALPNProtocols: ['h2', 'http/1.1'] },
      (socket) => {
        socket.on('error', () => {})
        const how = socket.alpnProtocol === 'h2' ? '400 Bad Request' : '200 OK'
        socket.once('data', () => socket.end(`HTTP/1.1 ${how}\r\nContent-Length: 2\r\n\r\nok`))
      },
    )
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    afterTest(() => server.close())
    const lab = connectionsTo((server.address() as AddressInfo).port)
    const one = lab.post('one')
    await one.until('ended')
    expect(lab.opened).toEqual(['h2', 'http/1.1'])
  })
})

/** A server of HTTP/2, which answers HTTP/1.1 as well, by `ok`. */
async function made(serve: Serve, settings: http2.Settings = {}) {
  const asked: {
    stream: ServerHttp2Stream
    headers: http2.IncomingHttpHeaders
    body: string
    connection: number
  }[] = []
  const sessions: http2.ServerHttp2Session[] = []
  const server = http2.createSecureServer(
    { ...tlsOf(certificate), allowHTTP1: true, settings },
    (request, response) => {
      if (request.httpVersion === '1.1') response.end('ok')
    },
  )
  server.on('session', (session) => {
    sessions.push(session)
    session.on('error', () => {})
  })
  server.on('stream', (stream, headers) => {
    stream.on('error', () => {})
    const parts: Buffer[] = []
    stream.on('data', (part: Buffer) => parts.push(part))
    stream.on('end', () => {
      if (stream.destroyed) return
      const body = Buffer.concat(parts).toString()
      const connection = sessions.indexOf(stream.session as http2.ServerHttp2Session)
      const number = asked.push({ stream, headers, body, connection })
      serve(stream, body, number)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  afterTest(() => {
    for (const session of sessions) session.destroy()
    server.close()
  })
  return { ...connectionsTo((server.address() as AddressInfo).port), server: { asked, sessions } }
}

function tlsOf({ cert, key }: Certificate) {
  return { cert, key }
}

/** Connections to a port of loopback, and what is told of posts by them. */
function connectionsTo(port: number) {
  const opened: (string | false | null)[] = []
  let unfit = 0
  const connections = new PostConnections({
    open: async (_signal, http2) => {
      const ALPNProtocols = http2 ? ['h2', 'http/1.1'] : ['http/1.1']
      const socket: TLSSocket = tls.connect({
        port,
        host: '127.0.0.1',
        rejectUnauthorized: false,
        ALPNProtocols,
      })
      socket.on('error', () => {})
      await once(socket, 'secureConnect')
      opened.push(socket.alpnProtocol)
      return socket
    },
    who: 'the server',
    native: undefined,
    http2: true,
    unfit: () => {
      unfit++
    },
  })
  afterTest(() => connections.close())
  const post = (body: string, lasts = false) => {
    const told: string[] = []
    const seen: { answer?: Parameters<Parameters<typeof connections.post>[1]['head']>[0]; why?: string } = {}
    const half = Math.floor(body.length / 2)
    const parts = [body.slice(0, half), body.slice(half)].map((text) => Buffer.from(text))
    const giveUp = connections.post(
      { target: '/tunnel?a=b', fields: fieldsFor(body), body: parts, lasts },
      {
        sent: () => told.push('sent'),
        began: () => told.push('began'),
        head: (answer) => {
          seen.answer = answer
          told.push(String(answer.status))
        },
        body: (bytes) => told.push(Buffer.from(bytes).toString()),
        ended: () => told.push('ended'),
        broke: ({ wasClosed, wasStale, why }) => {
          seen.why = why.text
          told.push([why.code, ...(wasStale ? ['stale'] : []), ...(wasClosed ? ['closed'] : [])].join(' '))
        },
      },
    )
    const until = (what: string) => eventually(`${body.slice(0, 20)}: ${what}`, () => told.includes(what))
    return {
      told,
      giveUp,
      until,
      get answer() {
        return seen.answer
      },
      get why() {
        return seen.why
      },
    }
  }
  return { opened, post, unfit: () => unfit }
}
