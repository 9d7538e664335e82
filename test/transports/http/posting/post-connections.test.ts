import net from 'node:net'
import os from 'node:os'
import { describe, expect, it } from 'vitest'
import { PostConnections } from '../../../../src/transports/http/posting/post-connections.js'
import type { NativeStreamParts } from '../../../../src/transports/streams/native-stream-parts.js'
import { afterTest } from '../../../support/after-test.js'
import { eventually } from '../../../support/eventually.js'
import { handMadeServer } from '../../../support/hand-made-server.js'
import { STREAM_WAYS } from '../../../support/streams/stream-test-parts.js'

/** The head of a post. */
const HEAD = /POST \/ HTTP\/1\.1\r\nHost: server\r\n\r\n/g
const FIELDS = new Map([['host', ['Host', 'server']]] as const)
const ANSWER = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

describe.each(STREAM_WAYS)('PostConnections $way', ({ native }) => {
  const made = (serve: Serve) => madeWith(native, serve)

  it('uses a connection again once its answer is whole, and another one before', async () => {
    const { post, server } = await made((socket, received) => {
      if (received.endsWith('post')) socket.write(ANSWER)
    })
    const first = post()
    const second = post()
    await eventually(
      'both are answered',
      () => [first, second].filter(({ told }) => told.includes('ended')).length,
      2,
    )
    expect(server.sockets.length).toBe(2)
    const third = post()
    await eventually('it is answered', () => third.told.includes('ended'))
    expect(third.told).toEqual(['sent', 'began', '200', 'ok', 'ended'])
    expect(server.sockets.length).toBe(2)
  })

  it('tells of one that was used before and ended without a byte that it was stale', async () => {
    const { post } = await made((socket, received) => {
      if (received === 'post') socket.write(ANSWER)
      if (received === 'postpost') socket.end()
    })
    const first = post()
    await eventually('it is answered', () => first.told.includes('ended'))
    const second = post()
    await eventually('it broke', () => second.told.length > 1)
    expect(second.told).toEqual(['sent', 'post-closed stale closed'])
  })

  it('tells an end amid an answer from one before it', async () => {
    const { post } = await made((socket, received) => {
      if (received === 'post') socket.end(ANSWER.slice(0, -1))
    })
    const one = post()
    await eventually('it broke', () => one.told.length > 4)
    expect(one.told).toEqual(['sent', 'began', '200', 'o', 'post-cut'])
  })

  it('does not take a connection for closed without a byte that ended within a head', async () => {
    const { post } = await made((socket, received) => {
      if (received === 'post') socket.end('HTTP/1.1 407 Who\r\nProxy-Auth')
    })
    const one = post()
    await eventually('it broke', () => one.told.length > 2)
    expect(one.told).toEqual(['sent', 'began', 'post-cut'])
  })

  it('says nothing more of what was given up, and does not use its connection again', async () => {
    const { post, server } = await made((socket, received) => {
      if (received.endsWith('last')) socket.write(ANSWER)
    })
    const first = post()
    await eventually('it is on its way', () => first.told.length, 1)
    first.giveUp()
    const early = post('last')
    early.giveUp()
    const last = post('last')
    await eventually('it is answered', () => last.told.includes('ended'))
    expect(first.told).toEqual(['sent'])
    expect(early.told).toEqual([])
    expect(server.sockets[0]!.destroyed || server.received[0]?.endsWith('post')).toBe(true)
  })

  it('does not use a connection again that says more than it was asked', async () => {
    const { post, server } = await made((socket, received) => {
      if (received === 'post') socket.write(`${ANSWER}HTTP/1.1 200 OK\r\n`)
      else if (received === 'other') socket.write(ANSWER)
    })
    const first = post()
    await eventually('it is answered', () => first.told.includes('ended'))
    const other = post('other')
    await eventually('it is answered', () => other.told.includes('ended'))
    expect(server.sockets.length).toBe(2)
  })
})

describe.each(STREAM_WAYS.flatMap(({ native }) => native ?? []))('PostConnections', (native) => {
  it('read all answers into the same memory', async () => {
    const { post } = await madeWith(native, (socket) => socket.write(ANSWER))
    const first = post()
    const second = post()
    await eventually('both are answered', () => first.told.includes('ended') && second.told.includes('ended'))
    expect([...first.memories, ...second.memories].map((memory) => memory === first.memories[0])).toEqual([
      true,
      true,
    ])
  })

  it('take what had been read before a post for its answer', async () => {
    const { post } = await madeWith(
      native,
      () => {},
      (socket) => socket.unshift(Buffer.from(ANSWER)),
    )
    const one = post()
    await eventually('it is answered', () => one.told.length, 5)
    expect(one.told).toEqual(['sent', 'began', '200', 'ok', 'ended'])
  })

  it('break a post for which no descriptor is left', async () => {
    const sockets = { ...native.native.sockets, duplicate: () => -os.constants.errno.EMFILE }
    const full = { ...native, native: { ...native.native, sockets } } as unknown as NativeStreamParts
    const { post } = await madeWith(full, (socket) => socket.write(ANSWER))
    const one = post()
    await eventually('it broke', () => one.told.length, 1)
    expect(one.told).toEqual(['post-broken'])
  })
})

type Serve = (socket: net.Socket, received: string) => void

async function madeWith(
  native: NativeStreamParts | undefined,
  serve: Serve,
  connected: (socket: net.Socket) => void = () => {},
) {
  const server = await handMadeServer((socket, received) => serve(socket, received.replace(HEAD, '')))
  afterTest(() => server.close())
  const connections = new PostConnections({
    open: () =>
      new Promise((resolve) => {
        const socket = net.connect(server.port, '127.0.0.1', () => {
          connected(socket)
          resolve(socket)
        })
      }),
    who: 'the server',
    native,
    http2: false,
    unfit() {},
  })
  afterTest(() => connections.close())
  const post = (text = 'post') => {
    const told: string[] = []
    const memories: ArrayBufferLike[] = []
    const giveUp = connections.post(
      { target: '/', fields: FIELDS, body: [Buffer.from(text)], lasts: false },
      {
        sent: () => told.push('sent'),
        began: () => told.push('began'),
        head: ({ status }) => told.push(String(status)),
        body: (bytes) => {
          memories.push(bytes.buffer)
          told.push(Buffer.from(bytes).toString())
        },
        ended: () => told.push('ended'),
        broke: ({ wasClosed, wasStale, why }) =>
          told.push([why.code, ...(wasStale ? ['stale'] : []), ...(wasClosed ? ['closed'] : [])].join(' ')),
      },
    )
    return { told, memories, giveUp }
  }
  return { post, server }
}
