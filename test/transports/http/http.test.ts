import { once } from 'node:events'
import net from 'node:net'
import { describe, expect, it } from 'vitest'
import { pattern, Recorder, sameBytes } from '../../../src/conformance/kit/recorder.js'
import { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'
import type { Link } from '../../../src/core/api/transport.js'
import type { Clock } from '../../../src/core/time/clock.js'
import { systemClock } from '../../../src/core/time/system-clock.js'
import { HttpTransport } from '../../../src/transports/http/http.js'
import { HEAD_BYTES, readHead, writeHead } from '../../../src/transports/http/session/wire.js'
import { CLOSE_GRACE } from '../../../src/transports/streams/link-lifecycle.js'
import type { StreamParts } from '../../../src/transports/streams/stream-parts.js'
import { UnauthenticatedLinks } from '../../../src/transports/streams/unauthenticated-links.js'
import { WebSocketTransport } from '../../../src/transports/websocket/websocket.js'
import { afterTest } from '../../support/after-test.js'
import { eventually } from '../../support/eventually.js'
import { type FrontOptions, startFront } from '../../support/http/front.js'
import { patient } from '../../support/streams/dial-wait.js'
import { STREAM_WAYS, testParts } from '../../support/streams/stream-test-parts.js'

const PATIENCE = 10_000
const SESSION_LIFE = 30_000

describe('HttpTransport', () => {
  it('answers whatever is no request of a session with the page of all visitors', async () => {
    const { endpoint } = await listen()
    const session = new Uint8Array(16).fill(9)
    const unknown = { flags: 0, session, ack: 0, offset: 0, window: 0 }
    for (const body of [
      new Uint8Array(),
      new Uint8Array(HEAD_BYTES),
      new Uint8Array(HEAD_BYTES).fill(1),
      writeHead({ ...unknown, kind: 'open' }).subarray(0, HEAD_BYTES - 1),
      ...(['up', 'down', 'close', 'whole', 'stream'] as const).map((kind) => writeHead({ ...unknown, kind })),
    ]) {
      const { status, text } = await post(endpoint, body)
      expect([status, text]).toEqual([404, expect.stringContaining('<h1>Not Found</h1>')])
    }
    const elsewhere = await post(new URL('/other', endpoint), writeHead({ ...unknown, kind: 'open' }))
    expect(elsewhere.status).toBe(404)
  })

  it.each(STREAM_WAYS)(
    'counts a session that proved nothing, and its connection, and ends both in time, $way',
    async ({ native }) => {
      const clock = new VirtualClock()
      const { endpoint, received, unauthenticatedLinks } = await listen(clock, { native })
      await open(endpoint, 1)
      expect(unauthenticatedLinks.size).toBe(2)
      clock.advance(PATIENCE)
      await eventually('both are gone', () => unauthenticatedLinks.size, 0)
      expect((await post(endpoint, head('up', 1))).status).toBe(404)
      expect(received.failures).toEqual([])
    },
  )

  it('counts a connection that a session left behind which proved nothing', async () => {
    const clock = new VirtualClock()
    const { endpoint, unauthenticatedLinks } = await listen(clock)
    connectTo(endpoint).write(postOf(head('open', 1)))
    await eventually('both count', () => unauthenticatedLinks.size, 2)
    clock.advance(1_000)
    const other = connectTo(endpoint)
    other.write(postOf(head('up', 1)))
    expect(await answerBy(other)).toContain(' 200 ')
    expect(unauthenticatedLinks.size).toBe(3)
    clock.advance(PATIENCE - 1_000)
    expect(unauthenticatedLinks.size).toBe(1)
    await eventually('it is closed', () => unauthenticatedLinks.size, 0)
  })

  it('opens as many sessions for one address as it accepts connections from it', async () => {
    const clock = new VirtualClock()
    const { endpoint, unauthenticatedLinks } = await listen(clock)
    for (let session = 0; session < 40; session++) await open(endpoint, session).catch(() => {})
    expect(unauthenticatedLinks.size).toBeLessThanOrEqual(16)
    clock.advance(PATIENCE)
    expect(unauthenticatedLinks.size).toBe(0)
  })

  it('keeps a session that proved itself as long as exchanges come', async () => {
    const clock = new VirtualClock()
    const { endpoint, received, unauthenticatedLinks } = await listen(clock)
    await open(endpoint, 1)
    await post(endpoint, head('up', 1), Uint8Array.of(0, 1, 42))
    await eventually('the datagram arrives', () => received.marks, [42])
    received.arrivals[0]!.link.authenticated!()
    await eventually('it counts no longer', () => unauthenticatedLinks.size, 0)
    clock.advance(SESSION_LIFE - 1)
    expect((await post(endpoint, head('up', 1, 3))).status).toBe(200)
    clock.advance(SESSION_LIFE)
    await eventually('the link ends', () => received.ends.length, 1)
    expect(received.ends[0]!.error?.message).toContain('no post came for too long')
  })

  it('takes bytes that come twice or before their turn once, and in order', async () => {
    const { endpoint, received } = await listen()
    await open(endpoint, 1)
    const early = await post(endpoint, head('up', 1, 4), Uint8Array.of(0, 2, 7, 8))
    expect(readHead(early.bytes)!.ack).toBe(0)
    for (const _time of [1, 2]) {
      const answer = await post(endpoint, head('up', 1, 0), Uint8Array.of(0, 2, 5, 6))
      expect(readHead(answer.bytes)!.ack).toBe(8)
    }
    expect(received.arrivals.map(({ bytes }) => [...bytes])).toEqual([
      [5, 6],
      [7, 8],
    ])
  })

  it('keeps 4 KiB of what comes early from who proved nothing', async () => {
    const { endpoint, received } = await listen()
    await open(endpoint, 1)
    await post(endpoint, head('up', 1, 3 + 5_000), Uint8Array.of(0, 1, 2))
    await post(endpoint, head('up', 1, 3), Uint8Array.of(0, 1, 3))
    await post(endpoint, head('up', 1), Uint8Array.of(0, 1, 4))
    const { bytes } = await post(endpoint, head('up', 1, 6), frameOf(4_995))
    expect(received.arrivals.length).toBe(3)
    expect(readHead(bytes)!.ack).toBe(6 + 4_997)
  })

  it('ends a connection by which a request comes before the one ahead of it is answered', async () => {
    const { endpoint } = await listen()
    await open(endpoint, 1)
    const polls = Buffer.from(head('down', 1))
    polls[2] = 1
    const socket = net.connect({ host: '127.0.0.1', port: Number(endpoint.port) })
    afterTest(() => socket.destroy())
    socket.on('error', () => {})
    socket.resume()
    const request = Buffer.concat([
      Buffer.from(`POST /tunnel HTTP/1.1\r\nHost: x\r\nContent-Length: ${polls.length}\r\n\r\n`),
      polls,
    ])
    socket.write(Buffer.concat([request, Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n')]))
    await eventually('it is closed', () => socket.closed)
    expect(socket.bytesRead).toBe(0)
  })

  it('closes connections of a session that is over, even in the middle of a post', async () => {
    const clock = new VirtualClock()
    const { endpoint, received, unauthenticatedLinks } = await listen(clock)
    const { link } = await proven(endpoint, received, 1)
    const halves = await halfPosts(endpoint, 1)
    await eventually('all are of the session', () => unauthenticatedLinks.size, 0)
    await closed(link, clock)
    clock.advance(2_000)
    await eventually('they are closed', () => halves.every(({ closed }) => closed))
  })

  it('keeps hold of a connection by which a request came that was one too many for another session', async () => {
    const clock = new VirtualClock()
    const { endpoint, received, unauthenticatedLinks } = await listen(clock)
    const { link, socket } = await proven(endpoint, received, 1)
    const other = await proven(endpoint, received, 2)
    const halves = await halfPosts(endpoint, 2)
    await eventually('all are of the session', () => unauthenticatedLinks.size, 0)
    socket.write(postOf(head('up', 2)))
    expect(await answerBy(socket)).toContain(' 429 ')
    await closed(link, clock)
    await eventually(
      'it is closed',
      () => socket.closed,
      (is) => is,
      3_000,
    ) // sooner than a server's idle connection is
    expect(halves.some((half) => half.closed)).toBe(false)
    await closed(other.link, clock)
  })

  it('counts a WebSocket on a connection of a session that proved itself as one that proved nothing', async () => {
    const clock = new VirtualClock()
    const { endpoint, received, unauthenticatedLinks } = await listen(clock)
    const { link, socket } = await proven(endpoint, received, 1)
    expect(unauthenticatedLinks.size).toBe(0)
    socket.write(
      'GET /tunnel HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n',
    )
    expect(await answerBy(socket)).toContain(' 101 ')
    expect(unauthenticatedLinks.size).toBe(1)
    await closed(link, clock)
    clock.advance(PATIENCE - CLOSE_GRACE - 1)
    expect(socket.closed).toBe(false)
    clock.advance(1)
    await eventually('it is closed', () => socket.closed)
  })

  it('halves its posts if something on the way takes smaller ones only', async () => {
    const sizes: number[] = []
    const { link, received } = await connect({
      judge: (_request, { length }) => {
        if (length > 20_000) return { status: 413 }
        sizes.push(length)
        return undefined
      },
    })
    const sent = Array.from({ length: 4 }, (_, seed) => pattern(50_000, seed))
    link.send(sent)
    await eventually('all arrive', () => received.arrivals.length, 1 + sent.length)
    const [, ...arrived] = received.arrivals
    expect(arrived.every(({ bytes }, seed) => sameBytes(bytes, sent[seed]!))).toBe(true)
    expect(Math.max(...sizes)).toBeGreaterThan(8_000)
  })

  it('polls if answers are kept back until they end, and does so at once the next time', async () => {
    const bodies: Buffer[] = []
    const { dial, far, received } = await connect({
      buffers: true,
      judge: (_request, body) => {
        bodies.push(body)
        return undefined
      },
    })
    far.send([Uint8Array.of(1, 2, 3)])
    await eventually('it arrives', () => received.near.arrivals.length, 1)
    bodies.length = 0
    const again = await dial()
    again.link.send([Uint8Array.of(9)])
    await eventually('the far end has it', () => received.marks.includes(9))
    received.arrivals.at(-1)!.link.send([Uint8Array.of(4)])
    await eventually('its answer arrives', () => again.received.marks, [4])
    const mine = bodies
      .filter((body) => readHead(body)!.kind === 'down')
      .map((body) => readHead(body)!.flags & 1)
    expect(mine.length).toBeGreaterThan(0)
    expect(mine.every((polls) => polls === 1)).toBe(true)
  })

  it('keeps cookies, and asks with them for the same server', async () => {
    const cookies: (string | undefined)[] = []
    const { link, received } = await connect({
      headers: { 'Set-Cookie': ['server=b; Path=/; HttpOnly', 'bad', `large=${'x'.repeat(5_000)}`] },
      judge: ({ headers }) => {
        cookies.push(headers.cookie)
        return undefined
      },
    })
    link.send([Uint8Array.of(5)])
    await eventually('it arrives', () => received.marks.includes(5))
    expect(cookies[0]).toBeUndefined()
    expect(cookies.at(-1)).toBe('server=b')
  })

  it('says that a server does not know the session any more, and what that may mean', async () => {
    const judge: FrontOptions['judge'] = (_request, body) =>
      readHead(body)!.kind === 'open' ? undefined : { status: 404 }
    const front = await startFront((await listen()).endpoint, { judge })
    const received = new Recorder()
    await client().dial(front, received, patient())
    await eventually('the link ends', () => received.ends.length, 1)
    expect(received.ends[0]!.error?.message).toMatch(/does not know the session: .* balancer/)
  })

  it('says that posts are spread over servers if one of them goes on with a session that another does not know', async () => {
    let isSpread = false
    const { link, received } = await connect({
      judge: (_request, body) => (isSpread && readHead(body)!.kind === 'up' ? { status: 404 } : undefined),
    })
    received.arrivals[0]!.link.send([Uint8Array.of(6)])
    await eventually('an answer goes on', () => received.near.marks, [6])
    isSpread = true
    link.send([Uint8Array.of(5)])
    await eventually('the link ends', () => received.near.ends.length, 1)
    expect(received.near.ends[0]!.error?.message).toContain('posts are spread over servers')
  })

  it('tells how the server answered the request that was to open a session', async () => {
    const { endpoint } = await listen()
    const front = await startFront(endpoint, { judge: () => ({ status: 405 }) })
    await expect(client().dial(front, new Recorder(), patient())).rejects.toThrow(
      /^Cannot dial http:.*: the server answered a post by 405 Method Not Allowed$/,
    )
  })

  it('goes on over posts that a server refused for a while', async () => {
    let refusals = 0
    const { link, received } = await connect({
      judge: (_request, body) =>
        readHead(body)!.kind === 'up' && body.length > 1_000 && refusals++ < 2
          ? { status: 503, headers: { 'Retry-After': '0' } }
          : undefined,
    })
    link.send([pattern(5_000, 1)])
    await eventually('it arrives', () => received.arrivals.length, 2)
    expect(refusals).toBeGreaterThanOrEqual(2)
  })
})

function client(clock: Clock = systemClock): HttpTransport {
  return transportOf(testParts({ clock }))
}

function transportOf(parts: StreamParts): HttpTransport {
  return new HttpTransport({ localPort: 0 }, parts, new WebSocketTransport({ localPort: 0 }, parts))
}

async function listen(clock: Clock = systemClock, more: Partial<StreamParts> = {}) {
  const received = new Recorder()
  const unauthenticatedLinks = new UnauthenticatedLinks(clock)
  const transport = transportOf(testParts({ clock, unauthenticatedLinks, ...more }))
  const listener = await transport.listen(new URL('http://127.0.0.1:0/tunnel'), received)
  afterTest(() => listener.close())
  return { endpoint: listener.endpoint, received, unauthenticatedLinks }
}

/** A link through a front end, by which a first datagram went. */
async function connect(options: FrontOptions) {
  const { endpoint, received } = await listen()
  const front = await startFront(endpoint, options)
  const transport = client()
  const dial = async () => {
    const near = new Recorder()
    const link = await transport.dial(front, near, patient())
    afterTest(() => link.close())
    return { link, received: near }
  }
  const { link, received: near } = await dial()
  link.send([Uint8Array.of(1)])
  await eventually('the first datagram arrives', () => received.arrivals.length, 1)
  const far = received.arrivals[0]!.link
  far.authenticated?.()
  return { dial, link, far, received: Object.assign(received, { near }) }
}

/** A session that proved itself, and the connection that it came by. */
async function proven(endpoint: URL, received: Recorder, session: number) {
  const socket = connectTo(endpoint)
  const before = received.arrivals.length
  socket.write(postOf(head('open', session)))
  expect(await answerBy(socket)).toContain(' 200 ')
  socket.write(postOf(Buffer.concat([head('up', session), Uint8Array.of(0, 1, session)])))
  expect(await answerBy(socket)).toContain(' 200 ')
  await eventually('the datagram arrives', () => received.arrivals.length, before + 1)
  const { link } = received.arrivals.at(-1)!
  link.authenticated!()
  return { link, socket }
}

/** Closes a link whose far end does not answer. */
async function closed(link: Link, clock: VirtualClock): Promise<void> {
  const closing = link.close()
  clock.advance(CLOSE_GRACE)
  await closing
}

/** Connections, as many as requests that a session may have, by each of which the first part of a post came. */
async function halfPosts(endpoint: URL, session: number): Promise<net.Socket[]> {
  const sockets = Array.from({ length: 24 }, () => connectTo(endpoint))
  for (const socket of sockets) socket.write(postOf(head('up', session), 100))
  for (const answer of await Promise.all(sockets.map(answerBy))) expect(answer).toContain(' 100 ')
  return sockets
}

function connectTo(endpoint: URL): net.Socket {
  const socket = net.connect({ host: '127.0.0.1', port: Number(endpoint.port) })
  afterTest(() => socket.destroy())
  socket.on('error', () => {})
  socket.resume()
  return socket
}

async function answerBy(socket: net.Socket): Promise<string> {
  const [bytes] = (await once(socket, 'data')) as [Buffer]
  return bytes.toString('latin1')
}

/** A post, of whose body so many bytes do not come. */
function postOf(body: Uint8Array, lacking = 0): Buffer {
  const length = body.length + lacking
  const asks = lacking > 0 ? 'Expect: 100-continue\r\n' : '' // so that it is told that the rest came
  return Buffer.concat([
    Buffer.from(`POST /tunnel HTTP/1.1\r\nHost: x\r\n${asks}Content-Length: ${length}\r\n\r\n`),
    body,
  ])
}

/** A frame with a datagram of zeros. */
function frameOf(length: number): Uint8Array {
  const frame = new Uint8Array(2 + length)
  frame[0] = length >>> 8
  frame[1] = length
  return frame
}

function head(kind: 'open' | 'up' | 'down', session: number, offset = 0): Uint8Array {
  const name = new Uint8Array(16).fill(session)
  return writeHead({ kind, flags: 0, session: name, ack: 0, offset, window: 0 })
}

async function open(endpoint: URL, session: number): Promise<void> {
  const { bytes, status } = await post(endpoint, head('open', session))
  if (status !== 200 || readHead(bytes)?.kind !== 'whole') throw new Error(`it was answered by ${status}`)
}

async function post(endpoint: URL, ...body: Uint8Array[]) {
  const answer = await fetch(endpoint, { method: 'POST', body: Buffer.concat(body) })
  const bytes = new Uint8Array(await answer.arrayBuffer())
  return { status: answer.status, bytes, text: Buffer.from(bytes).toString() }
}
